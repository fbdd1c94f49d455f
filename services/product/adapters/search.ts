import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Position } from '../domain/page-token.ts';
import { PRICE_BANDS } from '../domain/query.ts';
import type { ProductTables } from './tables.ts';

/** How many hits are counted, and how many of them make up the facets. */
export const COUNTED_HITS = 10_000;
const FACET_VALUES = 20;

/** What is looked for among active products. `tsQuery` is empty when no words are. */
export type Filter = {
  readonly tsQuery: string;
  readonly categoryId: string;
  readonly brands: readonly string[];
  readonly minimumPrice: bigint | undefined;
  readonly maximumPrice: bigint | undefined;
};

/** The orders of hits, with the column or expression that each goes by. */
export type Sort = 'match' | 'price-ascending' | 'price-descending' | 'newest';

/** A hit's id and the value it is sorted by. */
export type Hit = Position;

/** How many hits there are with each value of one property. */
export type FacetCount = {
  readonly facet: 'category' | 'brand' | 'price';
  readonly value: string;
  readonly count: number;
};

/** Finds products in Postgres: full text by a GIN index, facets by one pass over the hits. */
export function createSearch(db: Kysely<ProductTables>) {
  return {
    /** Up to `limit` hits after `from`, in the order of `sort`. */
    async hits(filter: Filter, sort: Sort, limit: number, from: Position | undefined): Promise<Hit[]> {
      const { key, shown, back, descending } = sortOf(filter, sort);
      const [direction, beyond] = descending ? [sql`DESC`, sql`<`] : [sql`ASC`, sql`>`];
      const after =
        from === undefined
          ? sql`true`
          : sql`(${key}, product_id) ${beyond} (${back(from.value)}, ${from.productId})`;
      const { rows } = await sql<{ product_id: string; value: string }>`
        SELECT product_id, (${shown})::text AS value FROM product
        WHERE ${where(filter)} AND ${sort.startsWith('price') ? sql`price IS NOT NULL` : sql`true`} AND ${after}
        ORDER BY ${key} ${direction}, product_id ${direction}
        LIMIT ${limit}`.execute(db);
      return rows.map((row) => ({ productId: row.product_id, value: row.value }));
    },

    /** How many hits there are, up to COUNTED_HITS, and how these spread over categories, brands and prices. */
    async facets(filter: Filter): Promise<{ total: number; counts: FacetCount[] }> {
      const { rows } = await sql<{ facet: FacetCount['facet'] | 'total'; value: string; count: bigint }>`
        WITH hit AS MATERIALIZED (
          SELECT category_id, brand, width_bucket(price, ${sql.raw(`ARRAY[${PRICE_BANDS.join()}]::bigint[]`)}) AS band
          FROM product WHERE ${where(filter)} LIMIT ${COUNTED_HITS}
        ), counted AS (
          SELECT category_id, brand, band, count(*), grouping(category_id, brand, band) AS of
          FROM hit GROUP BY GROUPING SETS ((category_id), (brand), (band), ())
        ), named AS (
          SELECT CASE of WHEN 3 THEN 'category' WHEN 5 THEN 'brand' WHEN 6 THEN 'price' ELSE 'total' END AS facet,
                 coalesce(category_id, brand, band::text, '') AS value, count
          FROM counted WHERE of = 7 OR coalesce(category_id, brand, band::text, '') <> ''
        )
        SELECT facet, value, count FROM (
          SELECT named.*, row_number() OVER (PARTITION BY facet ORDER BY count DESC, value) AS place FROM named
        ) AS placed WHERE place <= ${FACET_VALUES} ORDER BY facet, place`.execute(db);
      const total = rows.find((row) => row.facet === 'total');
      return {
        total: Number(total?.count ?? 0n),
        counts: rows.flatMap(({ facet, value, count }) =>
          facet === 'total' ? [] : { facet, value, count: Number(count) },
        ),
      };
    },

    /** For each word the catalogue's likeliest one: itself where it is known, else the most similar, or undefined. */
    async correct(words: readonly string[]): Promise<(string | undefined)[]> {
      const { rows } = await sql<{ word: string | null }>`
        SELECT best.word FROM unnest(${[...words]}::text[]) WITH ORDINALITY AS typed (word, place)
        LEFT JOIN LATERAL (
          SELECT search_word.word FROM search_word
          WHERE search_word.word % typed.word
          ORDER BY search_word.word = typed.word DESC, similarity(search_word.word, typed.word) DESC,
                   product_count DESC
          LIMIT 1
        ) AS best ON true ORDER BY typed.place`.execute(db);
      return rows.map((row) => row.word ?? undefined);
    },
  };
}

function where(filter: Filter): RawBuilder<unknown> {
  const conditions = [sql`state = 'ACTIVE'`];
  if (filter.tsQuery !== '') {
    conditions.push(sql`search @@ to_tsquery('simple', ${filter.tsQuery})`);
  }
  if (filter.categoryId !== '') {
    conditions.push(sql`ancestor_ids @> ARRAY[${filter.categoryId}]`);
  }
  if (filter.brands.length > 0) {
    conditions.push(sql`brand = ANY (${[...filter.brands]}::text[])`);
  }
  if (filter.minimumPrice !== undefined) {
    conditions.push(sql`price >= ${filter.minimumPrice}`);
  }
  if (filter.maximumPrice !== undefined) {
    conditions.push(sql`price <= ${filter.maximumPrice}`);
  }
  return sql.join(conditions, sql` AND `);
}

/** What hits are sorted by, how that is written into a page token, and how it is read back. */
type SortKey = {
  readonly key: RawBuilder<unknown>;
  readonly shown: RawBuilder<unknown>;
  readonly back: (value: string) => RawBuilder<unknown>;
  readonly descending: boolean;
};

function sortOf(filter: Filter, sort: Sort): SortKey {
  const price = sql`price`;
  const back = (value: string) => sql`${value}::bigint`;
  switch (sort) {
    case 'match': {
      const rank = sql`ts_rank(search, to_tsquery('simple', ${filter.tsQuery}))`;
      const key = filter.tsQuery === '' ? sql`0::float4` : rank;
      return { key, shown: key, back: (value) => sql`${value}::float4`, descending: filter.tsQuery !== '' };
    }
    case 'price-ascending':
      return { key: price, shown: price, back, descending: false };
    case 'price-descending':
      return { key: price, shown: price, back, descending: true };
    case 'newest':
      return {
        key: sql`create_time`,
        // Times are of whole milliseconds, as the clock gives them.
        shown: sql`(extract(epoch FROM create_time) * 1000)::bigint`,
        back: (value) => sql`to_timestamp(${value}::bigint / 1000.0)`,
        descending: true,
      };
    default:
      return sort satisfies never;
  }
}
