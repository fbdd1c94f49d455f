import { bandName, PRICE_BANDS } from './query.ts';

/** How many values of a facet are told. */
const MOST_VALUES = 20;

/** How many hits there are with one value of one property. */
export type FacetCount = {
  readonly facet: 'category' | 'brand' | 'price';
  readonly value: string;
  readonly displayName: string;
  readonly count: number;
};

/** A category, with those above it, root first, and itself. */
export type Place = {
  readonly categoryId: string;
  readonly path: readonly string[];
  readonly ancestorIds: readonly string[];
};

/** Numbers for what hits are counted by, so that counting is adding to an array. */
export type FacetValues = {
  category(place: Place): number;
  brand(name: string): number;
  /** The numbers of a category and of all below it. */
  below(categoryId: string): ReadonlySet<number>;
  /** The numbers of those brands that there are. */
  named(brands: readonly string[]): ReadonlySet<number>;
  /** Counts of zero for all. */
  counts(): FacetCounts;
};

/** Counts under way. `band` is a place in PRICE_BANDS, or -1 for none. */
export type FacetCounts = {
  add(category: number, brand: number, band: number): void;
  /** The values with the most hits, by property. */
  result(): readonly FacetCount[];
};

/** No values yet. */
export function createFacetValues(): FacetValues {
  const places: Place[] = [];
  const byCategory = new Map<string, number>();
  const within = new Map<string, Set<number>>();
  const brands: string[] = [];
  const byBrand = new Map<string, number>();
  const nothing: ReadonlySet<number> = new Set();

  return {
    category(place) {
      const known = byCategory.get(place.categoryId);
      if (known !== undefined) {
        return known;
      }
      const number = places.push(place) - 1;
      byCategory.set(place.categoryId, number);
      for (const ancestor of place.ancestorIds) {
        const below = within.get(ancestor) ?? new Set();
        within.set(ancestor, below.add(number));
      }
      return number;
    },
    brand(name) {
      const known = byBrand.get(name);
      if (known !== undefined) {
        return known;
      }
      byBrand.set(name, brands.length);
      return brands.push(name) - 1;
    },
    below: (categoryId) => within.get(categoryId) ?? nothing,
    named: (names) => new Set(names.flatMap((name) => byBrand.get(name) ?? [])),
    counts() {
      const ofCategory = new Int32Array(places.length);
      const ofBrand = new Int32Array(brands.length);
      const ofBand = new Int32Array(PRICE_BANDS.length);
      return {
        add(category, brand, band) {
          ofCategory[category] = (ofCategory[category] ?? 0) + 1;
          ofBrand[brand] = (ofBrand[brand] ?? 0) + 1;
          if (band >= 0) {
            ofBand[band] = (ofBand[band] ?? 0) + 1;
          }
        },
        result: () => [
          ...most(ofCategory, (number, count) => {
            const { categoryId = '', path = [] } = places[number] ?? {};
            return { facet: 'category', value: categoryId, displayName: path.join(' > '), count };
          }),
          ...most(ofBrand, (number, count) => {
            const name = brands[number] ?? '';
            return { facet: 'brand', value: name, displayName: name, count };
          }).filter(({ value }) => value !== ''),
          ...most(ofBand, (number, count) => {
            const name = bandName(PRICE_BANDS[number] ?? 0);
            return { facet: 'price', value: name, displayName: name, count };
          }),
        ],
      };
    },
  };
}

function most(counts: Int32Array, name: (number: number, count: number) => FacetCount): FacetCount[] {
  const found: FacetCount[] = [];
  for (let number = 0; number < counts.length; number += 1) {
    const count = counts[number] ?? 0;
    if (count > 0) {
      found.push(name(number, count));
    }
  }
  return found
    .sort((a, b) => b.count - a.count || (a.displayName < b.displayName ? -1 : 1))
    .slice(0, MOST_VALUES);
}
