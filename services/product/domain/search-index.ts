import { createFacetValues, type FacetCount, type FacetValues, type Place } from './facets.ts';
import { createWords } from './matching.ts';
import { bandOf, wordsIn } from './query.ts';
import { createTopHits, type Position } from './top-hits.ts';

/** A product as far as it can be searched for. `price` in minor units, `createTime` in milliseconds since 1970. */
export type Searchable = {
  readonly productId: string;
  readonly version: bigint;
  readonly title: string;
  readonly description: string;
  readonly brand: string;
  readonly category: Place;
  readonly price: number | undefined;
  readonly createTime: number;
};

/** What hits have to be like: have all words, the last of which may be the beginning of one, and the rest. */
export type Filter = {
  readonly words: readonly string[];
  readonly categoryId: string;
  readonly brands: readonly string[];
  readonly minimumPrice: bigint | undefined;
  readonly maximumPrice: bigint | undefined;
};

/** The orders of hits. Those by price leave out what has none. */
export type Sort = 'match' | 'price-ascending' | 'price-descending' | 'newest';

/** Which hits are wanted: up to `limit` after `from`, and facets or not. */
export type Page = {
  readonly sort: Sort;
  readonly limit: number;
  readonly from: Position | undefined;
  readonly facets: boolean;
};

/** A product that was found, in which of its versions, and where it stands in the order. */
export type Hit = Position & { readonly version: bigint };

/** Hits in order, how many there are in all, and how they spread. */
export type Hits = {
  readonly hits: readonly Hit[];
  readonly total: number;
  readonly facets: readonly FacetCount[];
};

/** Active products, in memory. What is in it is found without asking a database. */
export type SearchIndex = {
  /** Takes a product in, or its newer version; one that isn't newer changes nothing. */
  put(product: Searchable): void;
  /** Takes a product out, as of its version. */
  remove(productId: string, version: bigint): void;
  find(filter: Filter, page: Page): Hits;
  /** The words that were probably meant; undefined when nothing is like one of them. */
  correct(words: readonly string[]): readonly string[] | undefined;
  /** How often it has changed: what was found at the same count is still so. */
  readonly changes: number;
  /** Whether more than a quarter of it is out of date, and a new one had better be made. */
  readonly worn: boolean;
};

/** What a word counts for, by where it stands. */
const WEIGHTS = { title: 100, category: 40, brand: 20, description: 10 } as const;
const SMALL = 10_000;

type Document = {
  readonly productId: string;
  readonly version: bigint;
  readonly category: number;
  readonly brand: number;
  readonly price: number | undefined;
  readonly createTime: number;
};

/** An empty index. */
export function createSearchIndex(): SearchIndex {
  const words = createWords();
  const values = createFacetValues();
  const documents: (Document | undefined)[] = [];
  /** The newest version known of every product, also of those taken out. */
  const newest = new Map<string, { readonly version: bigint; readonly document: number | undefined }>();
  let live = 0;
  let changes = 0;

  const drop = (productId: string, version: bigint): boolean => {
    const known = newest.get(productId);
    if (known !== undefined && known.version >= version) {
      return false;
    }
    if (known?.document !== undefined) {
      documents[known.document] = undefined;
      live -= 1;
    }
    newest.set(productId, { version, document: undefined });
    changes += 1;
    return true;
  };

  return {
    put(product) {
      const { productId, version, price, createTime } = product;
      if (drop(productId, version)) {
        const category = values.category(product.category);
        const brand = values.brand(product.brand);
        const document = documents.push({ productId, version, price, createTime, category, brand }) - 1;
        newest.set(productId, { version, document });
        live += 1;
        words.add(document, weigh(product));
      }
    },

    remove: (productId, version) => void drop(productId, version),

    find(filter, { sort, limit, from, facets }) {
      const fits = fitting(filter, values);
      const counts = facets ? values.counts() : undefined;
      const top = createTopHits<Document>(limit, from);
      let total = 0;
      const look = (number: number, score: number) => {
        const document = documents[number];
        if (document === undefined || !fits(document)) {
          return;
        }
        total += 1;
        const { category, brand, price } = document;
        counts?.add(category, brand, price === undefined ? -1 : bandOf(price));
        const key = keyOf(document, sort, score);
        if (key !== undefined) {
          top.offer(key, document);
        }
      };
      if (filter.words.length > 0) {
        words.match(filter.words, look);
      } else {
        for (let number = 0; number < documents.length; number += 1) {
          look(number, 0);
        }
      }
      const hits = top
        .inOrder()
        .map(({ key, candidate: { productId, version } }) => ({ value: String(key), productId, version }));
      return { hits, total, facets: counts?.result() ?? [] };
    },

    correct: words.correct,

    get changes() {
      return changes;
    },
    get worn() {
      return documents.length > SMALL && live * 4 < documents.length * 3;
    },
  };
}

/** Each word of a product once, with the most that it counts for. */
function weigh(product: Searchable): Map<string, number> {
  const weights = new Map<string, number>();
  // From the least to the most, so that the most stays.
  for (const [text, weight] of [
    [product.description, WEIGHTS.description],
    [product.brand, WEIGHTS.brand],
    [product.category.path.join(' '), WEIGHTS.category],
    [product.title, WEIGHTS.title],
  ] as const) {
    for (const word of wordsIn(text)) {
      weights.set(word, weight);
    }
  }
  return weights;
}

function fitting(filter: Filter, values: FacetValues): (document: Document) => boolean {
  const categories = filter.categoryId === '' ? undefined : values.below(filter.categoryId);
  const brands = filter.brands.length === 0 ? undefined : values.named(filter.brands);
  const least = filter.minimumPrice === undefined ? undefined : Number(filter.minimumPrice);
  const most = filter.maximumPrice === undefined ? undefined : Number(filter.maximumPrice);
  return ({ category, brand, price }) =>
    (categories === undefined || categories.has(category)) &&
    (brands === undefined || brands.has(brand)) &&
    (least === undefined || (price !== undefined && price >= least)) &&
    (most === undefined || (price !== undefined && price <= most));
}

/** What a hit is sorted by, the greatest first whatever the order is; undefined for what isn't in that order. */
function keyOf(document: Document, sort: Sort, score: number): number | undefined {
  switch (sort) {
    case 'match':
      return score;
    case 'newest':
      return document.createTime;
    case 'price-descending':
      return document.price;
    case 'price-ascending':
      return document.price === undefined ? undefined : -document.price;
    default:
      return sort satisfies never;
  }
}
