import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wordsIn } from './query.ts';
import { createSearchIndex, type Filter, type Page, type Searchable } from './search-index.ts';

const PLACE = { categoryId: 'c', path: ['DAIRY', 'CHEESE'], ancestorIds: ['d', 'c'] };
const product = (productId: string, title: string, over: Partial<Searchable> = {}): Searchable => ({
  productId,
  version: 1n,
  title,
  description: '',
  brand: 'National',
  category: PLACE,
  price: 250,
  createTime: 0,
  ...over,
});
const filter = (over: Partial<Filter> = {}): Filter => ({
  words: [],
  categoryId: '',
  brands: [],
  minimumPrice: undefined,
  maximumPrice: undefined,
  ...over,
});
const page = (over: Partial<Page> = {}): Page => ({
  sort: 'match',
  limit: 100,
  from: undefined,
  facets: false,
  ...over,
});

function indexOf(...products: readonly Searchable[]) {
  const index = createSearchIndex();
  for (const each of products) index.put(each);
  return {
    index,
    ids: (words: readonly string[], over: Partial<Filter> = {}, as: Partial<Page> = {}) =>
      index.find(filter({ words, ...over }), page(as)).hits.map(({ productId }) => productId),
  };
}

test('all words have to be there, the last one by its beginning, the better place first', () => {
  const { ids } = indexOf(
    product('1', 'string cheese'),
    product('2', 'cheddar', { description: 'goes on a string' }),
    product('3', 'butter', { category: { ...PLACE, categoryId: 'b', path: ['DAIRY', 'BUTTER'] } }),
  );
  assert.deepEqual(ids(['chee']), ['1', '2'], 'the title counts for more than the category');
  assert.deepEqual(ids(['string', 'ch']), ['1', '2']);
  assert.deepEqual(ids(['strin', 'cheese']), [], 'only the last word may be a beginning');
  assert.deepEqual(ids(['dairy']), ['1', '2', '3']);
  assert.deepEqual(ids(['chee', 'cheddar']), []);
});

test('filters narrow, and a price filter leaves out what has none', () => {
  const { ids } = indexOf(
    product('1', 'a', { price: 100 }),
    product('2', 'a', { price: undefined, brand: 'Private' }),
    product('3', 'a', { price: 900 }),
  );
  assert.deepEqual(ids([], { minimumPrice: 0n }), ['1', '3']);
  assert.deepEqual(ids([], { minimumPrice: 101n, maximumPrice: 900n }), ['3']);
  assert.deepEqual(ids([], { brands: ['Private', 'Unheard of'] }), ['2']);
  assert.deepEqual(ids([], { brands: ['Unheard of'] }), []);
  assert.deepEqual(ids([], { categoryId: 'd' }), ['1', '2', '3'], 'a category and all below');
  assert.deepEqual(ids([], { categoryId: 'elsewhere' }), []);
  assert.deepEqual(ids([], {}, { sort: 'price-ascending' }), ['1', '3']);
  assert.deepEqual(ids([], {}, { sort: 'price-descending' }), ['3', '1']);
});

test('facets count the hits, not the page', () => {
  const { index } = indexOf(
    product('1', 'a', { price: 100 }),
    product('2', 'a', { price: 120, brand: 'Private' }),
    product('3', 'b'),
  );
  const { facets, total } = index.find(filter({ words: ['a'] }), page({ limit: 1, facets: true }));
  assert.equal(total, 2);
  assert.deepEqual(
    facets.map(({ facet, displayName, count }) => [facet, displayName, count]),
    [
      ['category', 'DAIRY > CHEESE', 2],
      ['brand', 'National', 1],
      ['brand', 'Private', 1],
      ['price', '100-249', 2],
    ],
  );
});

test('a newer version replaces, an older one or the same changes nothing', () => {
  const { index, ids } = indexOf(product('1', 'old name', { version: 2n }));
  const { changes } = index;
  index.put(product('1', 'older name'));
  index.put(product('1', 'old name', { version: 2n }));
  index.remove('1', 1n);
  assert.equal(index.changes, changes);
  index.put(product('1', 'new name', { version: 3n }));
  assert.deepEqual([ids(['old']), ids(['new'])], [[], ['1']]);
  index.remove('1', 4n);
  index.put(product('1', 'new name', { version: 3n }));
  assert.deepEqual(ids(['new']), []);
  assert.ok(index.changes > changes);
});

test('typos lead to the likeliest word', () => {
  const { index } = indexOf(
    product('1', 'cheddar'),
    product('2', 'yoghurt'),
    product('3', 'cheese'),
    product('4', 'cheesy'),
  );
  assert.deepEqual(index.correct(['chese']), ['cheese']);
  assert.deepEqual(index.correct(['yogurt', 'cheddar']), ['yoghurt', 'cheddar']);
  assert.equal(index.correct(['zzzzqqq', 'cheddar']), undefined);
});

const WORDS = ['milk', 'milky', 'bread', 'rye', 'oat', 'oats'];
const arbitraryProducts = fc.array(
  fc.record({
    title: fc
      .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 })
      .map((words) => words.join(' ')),
    description: fc.constantFrom('', 'rye', 'milk oat'),
    price: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    createTime: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 60 },
);

test('it finds what looking at each product finds, and pages have no gap and no repeat', () => {
  fc.assert(
    fc.property(
      arbitraryProducts,
      fc.array(fc.constantFrom(...WORDS, 'mil', 'o'), { maxLength: 3 }),
      fc.constantFrom('match', 'price-ascending', 'price-descending', 'newest' as const),
      fc.integer({ min: 1, max: 7 }),
      (products, words, sort, limit) => {
        const made = products.map((each, index) => product(`p${index}`, each.title, each));
        const { index, ids } = indexOf(...made);
        const expected = made
          .filter(({ title, description, price }) => {
            const has = wordsIn(`${title} ${description} National DAIRY CHEESE`);
            const fits = words.every((word, place) =>
              has.some((one) => (place === words.length - 1 ? one.startsWith(word) : one === word)),
            );
            return fits && (price !== undefined || !sort.startsWith('price'));
          })
          .map(({ productId }) => productId);
        const paged: string[] = [];
        for (let from: Page['from']; ; ) {
          const { hits } = index.find(filter({ words }), page({ sort, limit, from }));
          paged.push(...hits.map(({ productId }) => productId));
          from = hits.at(-1);
          if (hits.length < limit) break;
        }
        assert.deepEqual(paged.toSorted(), expected.toSorted());
        assert.deepEqual(paged, ids(words, {}, { sort }));
      },
    ),
  );
});
