/** How many words of a query are looked for. */
const MAX_WORDS = 12;
const MAX_WORD_LENGTH = 40;

/** The words of what somebody typed: letters and digits, lower case, so that nothing of it can be an operator. */
export function wordsOf(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(0, MAX_WORDS).map((word) => word.slice(0, MAX_WORD_LENGTH));
}

/**
 * A Postgres tsquery that asks for all words; the last one may be the beginning of a word, as it is while somebody
 * types.
 */
export function toTsQuery(words: readonly string[]): string {
  return words.map((word, index) => (index === words.length - 1 ? `${word}:*` : word)).join(' & ');
}

/** The price bands that hits are counted by: lower bounds in minor units. The last one is open. */
export const PRICE_BANDS = [0, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** A band as a facet's value, "500-999", or "10000-" for the open one. */
export function bandName(lower: number): string {
  const next = PRICE_BANDS[PRICE_BANDS.indexOf(lower as (typeof PRICE_BANDS)[number]) + 1];
  return next === undefined ? `${lower}-` : `${lower}-${next - 1}`;
}
