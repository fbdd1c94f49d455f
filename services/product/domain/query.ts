/** How many words of a query are looked for. */
const MAX_QUERY_WORDS = 12;
/** How many words of a product's text can be found. */
const MAX_TEXT_WORDS = 1_000;
const MAX_WORD_LENGTH = 40;

/** The words that somebody looks for: letters and digits, lower case, the first twelve. */
export function wordsOf(query: string): string[] {
  return split(query, MAX_QUERY_WORDS);
}

/** The words by which a text can be found. */
export function wordsIn(text: string): string[] {
  return split(text, MAX_TEXT_WORDS);
}

function split(text: string, most: number): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(0, most).map((word) => word.slice(0, MAX_WORD_LENGTH));
}

/** The price bands that hits are counted by: lower bounds in minor units. The last one is open. */
export const PRICE_BANDS = [0, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** A band as a facet's value, "500-999", or "10000-" for the open one. */
export function bandName(lower: number): string {
  const next = PRICE_BANDS[PRICE_BANDS.indexOf(lower as (typeof PRICE_BANDS)[number]) + 1];
  return next === undefined ? `${lower}-` : `${lower}-${next - 1}`;
}

/** The place in PRICE_BANDS of a price in minor units. */
export function bandOf(price: number): number {
  let band = PRICE_BANDS.length - 1;
  while (band > 0 && price < (PRICE_BANDS[band] ?? 0)) {
    band -= 1;
  }
  return band;
}
