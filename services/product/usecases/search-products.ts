import type { Kysely } from 'kysely';
import { createSearch, type FacetCount, type Filter, type Hit, type Sort } from '../adapters/search.ts';
import type { ProductTables } from '../adapters/tables.ts';
import { fromPageToken, toPageToken } from '../domain/page-token.ts';
import { toTsQuery, wordsOf } from '../domain/query.ts';

/** What to look for. */
export type Question = Omit<Filter, 'tsQuery'> & {
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

/** Finds a page of products. Words that find nothing are replaced by the catalogue's most similar ones. */
export async function searchProducts(
  db: Kysely<ProductTables>,
  question: Question,
): Promise<Found | 'invalid-page-token'> {
  const search = createSearch(db);
  const typed = wordsOf(question.query);
  const first = await page(search, question, typed);
  const settled = first !== 'invalid-page-token' && (first.hits.length > 0 || question.pageToken !== '');
  if (settled || typed.length === 0) {
    return first;
  }
  // Nothing found, or a later page of a query that was corrected on its first one.
  const likely = await search.correct(typed);
  const corrected = likely.filter((word) => word !== undefined);
  if (corrected.length < typed.length || corrected.join() === typed.join()) {
    return first;
  }
  const second = await page(search, question, corrected);
  const better = second !== 'invalid-page-token' && second.hits.length > 0;
  return better ? { ...second, correctedQuery: corrected.join(' ') } : first;
}

async function page(
  search: ReturnType<typeof createSearch>,
  question: Question,
  words: readonly string[],
): Promise<Found | 'invalid-page-token'> {
  const filter: Filter = { ...question, tsQuery: toTsQuery(words) };
  const asked = {
    words,
    sort: question.sort,
    categoryId: question.categoryId,
    brands: question.brands,
    prices: [String(question.minimumPrice), String(question.maximumPrice)],
  };
  const from = question.pageToken === '' ? undefined : fromPageToken(asked, question.pageToken);
  if (from === 'invalid') {
    return 'invalid-page-token';
  }
  const [hits, counted] = await Promise.all([
    search.hits(filter, question.sort, question.pageSize + 1, from),
    question.withFacets ? search.facets(filter) : { total: 0, counts: [] },
  ]);
  const shown = hits.slice(0, question.pageSize);
  const last = shown.at(-1);
  return {
    hits: shown,
    nextPageToken: hits.length > shown.length && last !== undefined ? toPageToken(asked, last) : '',
    total: counted.total,
    facets: counted.counts,
    correctedQuery: '',
  };
}
