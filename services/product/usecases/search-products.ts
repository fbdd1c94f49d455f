import { z } from 'zod';
import { paging } from '#platform/rpc/paging.ts';
import type { FacetCount } from '../domain/facets.ts';
import { wordsOf } from '../domain/query.ts';
import type { Filter, Hit, SearchIndex, Sort } from '../domain/search-index.ts';

/** What to look for. */
export type Question = Omit<Filter, 'words'> & {
  readonly query: string;
  readonly sort: Sort;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly withFacets: boolean;
};

/** What was found. */
export type Found = {
  readonly hits: readonly Hit[];
  readonly nextPageToken: string;
  readonly total: number;
  readonly facets: readonly FacetCount[];
  /** The words that were looked for instead, when the typed ones found nothing. */
  readonly correctedQuery: string;
};

const pages = paging(
  'search',
  z.object({ value: z.string().regex(/^-?[0-9]{1,15}$/), productId: z.string() }),
);

/** How many hits are counted. */
const COUNTED_HITS = 10_000;

/** Finds a page of products. Words that find nothing are replaced by the catalogue's most similar ones. */
export function searchProducts(index: SearchIndex, question: Question): Found | 'invalid-page-token' {
  const typed = wordsOf(question.query);
  const first = page(index, question, typed);
  const settled = first !== 'invalid-page-token' && (first.hits.length > 0 || question.pageToken !== '');
  if (settled || typed.length === 0) {
    return first;
  }
  // Nothing found, or a later page of a query that was corrected on its first one.
  const likely = index.correct(typed);
  if (likely === undefined || likely.join() === typed.join()) {
    return first;
  }
  const second = page(index, question, likely);
  const better = second !== 'invalid-page-token' && second.hits.length > 0;
  return better ? { ...second, correctedQuery: likely.join(' ') } : first;
}

function page(
  index: SearchIndex,
  question: Question,
  words: readonly string[],
): Found | 'invalid-page-token' {
  const { sort, pageSize, pageToken, categoryId, brands, minimumPrice, maximumPrice } = question;
  const asked = { words, sort, categoryId, brands, prices: [String(minimumPrice), String(maximumPrice)] };
  const from = pages.read(pageToken, asked);
  if (from === 'invalid') {
    return 'invalid-page-token';
  }
  const { hits, total, facets } = index.find(
    { words, categoryId, brands, minimumPrice, maximumPrice },
    { sort, limit: pageSize + 1, from, facets: question.withFacets },
  );
  const { rows, nextPageToken } = pages.page(
    hits,
    pageSize,
    ({ value, productId }) => ({ value, productId }),
    asked,
  );
  return {
    hits: rows,
    nextPageToken,
    total: Math.min(total, COUNTED_HITS),
    facets,
    correctedQuery: '',
  };
}
