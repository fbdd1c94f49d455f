import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { SearchProductsRequest_Sort as Sort } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { createSearchFeed } from './adapters/search-feed.ts';
import { productOf, reasonOf, startCatalogue } from './testing/catalogue.ts';

const KINDS = ['MILK', 'BUTTER', 'YOGHURT', 'CHEDDAR CHEESE', 'STRING CHEESE'];
const PRODUCTS = Array.from({ length: 400 }, (_, index) =>
  productOf(`s${String(index).padStart(3, '0')}`, `${KINDS[index % KINDS.length]} ${index} OZ`, {
    brand: index % 4 === 0 ? 'Private' : 'National',
    cents: 100 + (index % 50) * 10,
  }),
);

let stage: Awaited<ReturnType<typeof startCatalogue>>;
before(async () => {
  stage = await startCatalogue();
  await stage.import(PRODUCTS.slice(0, 200), PRODUCTS.slice(200));
});
after(() => stage?.close());

/** All pages of a search, one after the other. */
async function all(request: Parameters<typeof stage.find>[0]): Promise<string[]> {
  const ids: string[] = [];
  let pageToken = '';
  do {
    const page = await stage.find({ ...request, pageSize: 17, pageToken });
    ids.push(...page.ids);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return ids;
}

test('words find what has them all, and a typo what was meant', async () => {
  const cheese = await stage.find({ query: 'cheese' });
  assert.equal(cheese.totalCount, 160);
  assert.equal(cheese.correctedQuery, '');
  assert.equal((await stage.find({ query: 'String CHE' })).totalCount, 80);
  const typo = await stage.find({ query: 'yogurht' });
  assert.equal(typo.correctedQuery, 'yoghurt');
  assert.equal(typo.totalCount, 80);
  const next = await stage.find({ query: 'yogurht', pageToken: typo.nextPageToken });
  assert.equal(next.ids.length, 24);
  assert.equal(new Set([...typo.ids, ...next.ids]).size, 48);
  assert.deepEqual((await stage.find({ query: 'xylophone' })).ids, []);
});

test('every page of every order has what the one before has not, and nothing is left out', async () => {
  for (const sort of [Sort.UNSPECIFIED, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING, Sort.NEWEST]) {
    for (const query of ['', 'cheese']) {
      const ids = await all({ query, sort });
      assert.equal(ids.length, query === '' ? 400 : 160);
      assert.equal(new Set(ids).size, ids.length);
    }
  }
  const { products } = await stage.find({ sort: Sort.PRICE_ASCENDING, pageSize: 100 });
  const prices = products.map(({ variants }) => Number(variants[0]?.price?.minorUnits));
  assert.deepEqual(
    prices,
    prices.toSorted((a, b) => a - b),
  );
});

test('facets count what the filters leave, and each value filters to its count', async () => {
  const { facets, totalCount } = await stage.find({ query: 'milk' });
  assert.equal(totalCount, 80);
  for (const { name, values } of facets) {
    assert.equal(
      values.reduce((sum, { count }) => sum + count, 0),
      80,
      name,
    );
  }
  for (const { value, count } of facets.find(({ name }) => name === 'brand')?.values ?? []) {
    assert.equal((await stage.find({ query: 'milk', brands: [value] })).totalCount, count);
  }
  for (const { value, count } of facets.find(({ name }) => name === 'price')?.values ?? []) {
    const [least = '', most = ''] = value.split('-');
    const narrowed = await stage.find({
      query: 'milk',
      minimumPriceMinorUnits: BigInt(least),
      maximumPriceMinorUnits: BigInt(most),
    });
    assert.equal(narrowed.totalCount, count, value);
  }
  const [category] = facets.find(({ name }) => name === 'category')?.values ?? [];
  assert.equal(category?.displayName, 'GROCERY > DAIRY');
  assert.equal((await stage.find({ query: 'milk', categoryId: category?.value ?? '' })).totalCount, 80);
  assert.deepEqual((await stage.find({ query: 'milk', skipFacets: true })).facets, []);
});

test('S-30 SQL, operators and control characters are letters or nothing', async () => {
  for (const query of [
    "' OR 1=1 --",
    'milk & !butter | (x)',
    ':*',
    '\0',
    '%',
    '\\',
    "milk'); DROP TABLE product",
  ]) {
    assert.equal(await reasonOf(stage.anybody.searchProducts({ query })), 'OK', query);
  }
  for (const value of ["' OR ''='", '\0', '__proto__', 'constructor']) {
    assert.deepEqual((await stage.find({ categoryId: value })).ids, []);
    assert.deepEqual((await stage.find({ brands: [value] })).ids, []);
  }
  assert.equal((await stage.find({})).totalCount, 400);
});

test('S-30 a page token is of its own query, and nobody’s own making', async () => {
  const { nextPageToken } = await stage.find({ query: 'milk' });
  const [digest] = JSON.parse(Buffer.from(nextPageToken, 'base64url').toString());
  const forge = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  for (const pageToken of [
    'x',
    forge(),
    forge(digest, '1); DROP TABLE product; --', 's001'),
    forge(digest, '9'.repeat(30), 's001'),
    forge(digest, 'NaN', 's001'),
    forge(digest, 1, 's001'),
  ]) {
    assert.equal(
      await reasonOf(stage.anybody.searchProducts({ query: 'milk', pageToken })),
      'PAGE_TOKEN_INVALID',
    );
  }
  const elsewhere = stage.anybody.searchProducts({ query: 'butter', pageToken: nextPageToken });
  assert.equal(await reasonOf(elsewhere), 'PAGE_TOKEN_INVALID');
  assert.equal(
    await reasonOf(stage.anybody.searchProducts({ query: 'milk', pageToken: nextPageToken })),
    'OK',
  );
});

test('S-32 sizes are bounded', async () => {
  for (const pageSize of [-1, 101, 1_000_000_000]) {
    assert.equal(await reasonOf(stage.anybody.searchProducts({ pageSize })), 'INVALID_REQUEST');
  }
  assert.equal(await reasonOf(stage.anybody.searchProducts({ query: 'x'.repeat(201) })), 'INVALID_REQUEST');
  const brands = Array.from({ length: 21 }, (_, index) => `b${index}`);
  assert.equal(await reasonOf(stage.anybody.searchProducts({ brands })), 'INVALID_REQUEST');
  assert.equal((await stage.find({ pageSize: 100 })).ids.length, 100);
});

test('another replica finds what this one changed, also what was committed out of order', async () => {
  const other = createSearchFeed(stage.db);
  await other.load();
  const found = (word: string) =>
    other
      .current()
      .find(
        { words: [word], categoryId: '', brands: [], minimumPrice: undefined, maximumPrice: undefined },
        { sort: 'match', limit: 10, from: undefined, facets: false },
      )
      .hits.map(({ productId }) => productId);
  const release = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  // An older transaction that commits after a younger one.
  const slow = stage.database.transaction(async (tx) => {
    await (tx.db as unknown as typeof stage.db)
      .updateTable('product')
      .set(({ fn, eb }) => ({
        title: 'zucchini',
        version: eb('version', '+', 1n),
        changed_by: fn<bigint>('pg_current_xact_id'),
      }))
      .where('product_id', '=', 's000')
      .execute();
    begun.resolve();
    await release.promise;
  });
  await begun.promise;
  await stage.staff.setPrice({ sku: 's001', price: { currencyCode: 'USD', minorUnits: 7n } });
  await stage.import([productOf('aubergine', 'aubergine')]);
  await other.refresh();
  assert.deepEqual([found('aubergine'), found('zucchini')], [['aubergine'], []]);
  release.resolve();
  await slow;
  await other.refresh();
  assert.deepEqual(found('zucchini'), ['s000']);
  await stage.staff.archiveProduct({ productId: 'aubergine' });
  await other.refresh();
  assert.deepEqual(found('aubergine'), []);
  assert.equal(await reasonOf(stage.anybody.getProduct({ productId: randomUUID() })), 'PRODUCT_NOT_FOUND');
});
