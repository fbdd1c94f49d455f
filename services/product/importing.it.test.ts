import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { productOf, reasonOf, startCatalogue } from './testing/catalogue.ts';

let stage: Awaited<ReturnType<typeof startCatalogue>>;
before(async () => {
  stage = await startCatalogue();
});
after(() => stage?.close());

const range = (from: number, to: number, prefix = 'p') =>
  Array.from({ length: to - from }, (_, index) => productOf(`${prefix}${from + index}`, `Item ${index}`));
const counts = async (importId: string) => {
  const { import: stands } = await stage.staff.finishImport({ importId });
  return [stands?.createdCount, stands?.updatedCount, stands?.unchangedCount];
};

test('a batch that comes again, or in parallel, is taken in once', async () => {
  const importId = await stage.import();
  const batch = (batchNumber: number, products: ReturnType<typeof range>) =>
    stage.staff.importProducts({
      importId,
      batchNumber,
      products: products.map((product) => ({ product, categoryPath: ['A', 'B'] })),
    });
  const [first, second] = [range(0, 60), range(60, 120)];
  await Promise.all([batch(1, first), batch(2, second), batch(1, first), batch(2, second), batch(1, first)]);
  assert.deepEqual(await counts(importId), [120, 0, 0]);
  assert.deepEqual(await stage.facts('p0'), ['ProductChanged']);
  assert.equal(await reasonOf(batch(1, first)), 'OK', 'a repeat after the end is a repeat');
  assert.equal(await reasonOf(batch(3, first)), 'IMPORT_FINISHED');
  const { categories } = await stage.anybody.listCategories({});
  assert.equal(categories.find(({ displayName }) => displayName === 'A')?.productCount, 120);
});

test('what is there as it is makes no fact; what differs is an update', async () => {
  const products = range(0, 30, 'same');
  await stage.import(products);
  const [, ...rest] = products;
  const importId = await stage.import([productOf('same0', 'Another title'), ...rest]);
  assert.deepEqual(await counts(importId), [0, 1, 29]);
  assert.deepEqual(await stage.facts('same0'), ['ProductChanged', 'ProductChanged']);
  assert.deepEqual(await stage.facts('same1'), ['ProductChanged']);
});

test('an import after a change of price brings the price back, and an unchanged one stays', async () => {
  const [product] = range(0, 1, 'priced');
  await stage.import([product ?? {}]);
  await stage.staff.setPrice({ sku: 'priced0', price: { currencyCode: 'USD', minorUnits: 1n } });
  assert.deepEqual(await counts(await stage.import([product ?? {}])), [0, 1, 0]);
  assert.deepEqual(await stage.facts('priced0'), ['ProductChanged', 'PriceChanged', 'ProductChanged']);
});

test('a batch with another product’s SKU, without an id or with one twice changes nothing', async () => {
  await stage.import([productOf('owner', 'It has the SKU')]);
  const thief = productOf('thief', 'It wants it', { variants: [{ sku: 'owner' }] });
  assert.equal(await reasonOf(stage.import([productOf('innocent', 'x'), thief])), 'SKU_TAKEN');
  assert.equal(
    await reasonOf(stage.import([productOf('innocent', 'x'), productOf('', 'y')])),
    'INVALID_REQUEST',
  );
  const twice = [productOf('innocent', 'x'), productOf('innocent', 'y')];
  assert.equal(await reasonOf(stage.import(twice)), 'INVALID_REQUEST');
  assert.equal(await reasonOf(stage.anybody.getProduct({ productId: 'innocent' })), 'PRODUCT_NOT_FOUND');
  assert.deepEqual(await stage.facts('innocent'), []);
});

test('SKUs may change hands within one batch', async () => {
  const swap = (first: string, second: string) => [
    productOf('one', 'One', { variants: [{ sku: first }] }),
    productOf('two', 'Two', { variants: [{ sku: second }] }),
  ];
  await stage.import(swap('left', 'right'));
  await stage.import(swap('right', 'left'));
  const { product } = await stage.anybody.getProduct({ productId: 'one' });
  assert.equal(product?.variants[0]?.sku, 'right');
});

test('two imports that make the same categories at once make each once', async () => {
  const importing = (prefix: string) => async () => {
    const importId = await stage.import();
    const products = range(0, 40, prefix).map((product, index) => ({
      product,
      categoryPath: ['SHARED', `ROW ${index % 10}`],
    }));
    await stage.staff.importProducts({ importId, batchNumber: 1, products });
  };
  await Promise.all(['x', 'y', 'z'].map((prefix) => importing(prefix)()));
  const { categories } = await stage.anybody.listCategories({});
  const parentId = categories.find(({ displayName }) => displayName === 'SHARED')?.categoryId ?? '';
  assert.equal((await stage.anybody.listCategories({ parentId })).categories.length, 10);
});

test('who watches an import sees it grow to its end', async () => {
  const importId = await stage.import();
  const seen: number[] = [];
  const watching = (async () => {
    for await (const { import: stands } of stage.staff.watchImport({ importId })) {
      seen.push(stands?.createdCount ?? -1);
    }
  })();
  for (const batchNumber of [1, 2, 3]) {
    const products = range(batchNumber * 10, batchNumber * 10 + 10, 'w');
    await stage.staff.importProducts({
      importId,
      batchNumber,
      products: products.map((product) => ({ product, categoryPath: ['W'] })),
    });
  }
  await stage.staff.finishImport({ importId });
  await watching;
  assert.equal(seen.at(-1), 30);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  const unknown = stage.staff.watchImport({ importId: randomUUID() })[Symbol.asyncIterator]().next();
  assert.equal(await reasonOf(unknown), 'IMPORT_NOT_FOUND');
});
