import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Product_State } from '#gen/shopverse/product/v1/product_pb.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { productOf, reasonOf, startCatalogue } from './testing/catalogue.ts';

let stage: Awaited<ReturnType<typeof startCatalogue>>;
let categoryId: string;
before(async () => {
  stage = await startCatalogue();
  const { category } = await stage.staff.createCategory({ requestId: randomUUID(), displayName: 'TOYS' });
  categoryId = category?.categoryId ?? '';
});
after(() => stage?.close());

const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
const create = async (sku: string = randomUUID()) => {
  const { product } = await stage.staff.createProduct({
    requestId: randomUUID(),
    product: { ...productOf(sku, 'A spinning top'), categoryId },
  });
  assert.ok(product);
  return { product, sku };
};

test('a price is set once, stated once, and found', async () => {
  const { product, sku } = await create();
  const { productId } = product;
  for (let times = 0; times < 3; times += 1) {
    const set = await stage.staff.setPrice({ sku, price: usd(999n) });
    assert.equal(set.product?.variants[0]?.price?.minorUnits, 999n);
  }
  assert.deepEqual(await stage.facts(productId), ['ProductChanged', 'PriceChanged']);
  assert.equal(await reasonOf(stage.staff.setPrice({ sku: 'none', price: usd(1n) })), 'SKU_NOT_FOUND');
  const euros = { currencyCode: 'EUR', minorUnits: 1n };
  assert.equal(await reasonOf(stage.staff.setPrice({ sku, price: euros })), 'CURRENCY_UNSUPPORTED');
  const { ids } = await stage.find({ categoryId, minimumPriceMinorUnits: 999n });
  assert.deepEqual(ids, [productId]);
});

test('prices that are set at the same time are facts without a gap', async () => {
  const { product, sku } = await create();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      stage.staff.setPrice({ sku, price: usd(BigInt(1_000 + index)) }),
    ),
  );
  const rows = await kernelTables(stage.database.db)
    .selectFrom('outbox')
    .select('aggregate_seq')
    .where('aggregate_id', '=', product.productId)
    .orderBy('aggregate_seq')
    .execute();
  assert.deepEqual(
    rows.map((row) => Number(row.aggregate_seq)),
    Array.from({ length: 21 }, (_, index) => index + 1),
    'I-30',
  );
});

test('an archived product is sold no more, and archiving again changes nothing', async () => {
  const { product } = await create();
  const { productId } = product;
  await stage.staff.archiveProduct({ productId });
  await stage.staff.archiveProduct({ productId });
  assert.deepEqual(await stage.facts(productId), ['ProductChanged', 'ProductArchived']);
  assert.ok(!(await stage.find({ categoryId })).ids.includes(productId));
});

test('S-16 a mask names what may change and nothing else', async () => {
  const { product } = await create();
  const paths = [['*'], ['product_id'], ['version'], ['etag'], ['create_time'], ['title', 'createTime'], []];
  for (const mask of paths) {
    const update = stage.staff.updateProduct({
      requestId: randomUUID(),
      product: { ...product, title: 'Taken over' },
      updateMask: { paths: mask },
    });
    assert.equal(await reasonOf(update), 'INVALID_REQUEST', mask.join());
  }
  const { product: updated } = await stage.staff.updateProduct({
    requestId: randomUUID(),
    product: { ...product, title: 'A new title', brand: 'Not named', state: Product_State.ARCHIVED },
    updateMask: { paths: ['title'] },
  });
  assert.deepEqual(
    [updated?.title, updated?.brand, updated?.state],
    ['A new title', product.brand, Product_State.ACTIVE],
  );
  const stale = stage.staff.updateProduct({
    requestId: randomUUID(),
    product: { ...product, title: 'Too late' },
    updateMask: { paths: ['title'] },
  });
  assert.equal(await reasonOf(stale), 'ETAG_MISMATCH');
});

test('a SKU is one product’s, also when two want it at once', async () => {
  const sku = randomUUID();
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => reasonOf(create(sku))));
  assert.deepEqual(outcomes.sort(), ['OK', ...Array(7).fill('SKU_TAKEN')]);
});

test('a draft is the staff’s; visitors find, see and batch-get nothing of it', async () => {
  const { product } = await stage.staff.createProduct({
    requestId: randomUUID(),
    product: { ...productOf(randomUUID(), 'A secret top'), categoryId, state: Product_State.DRAFT },
  });
  const productId = product?.productId ?? '';
  assert.equal(await reasonOf(stage.anybody.getProduct({ productId })), 'PRODUCT_NOT_FOUND');
  assert.deepEqual((await stage.anybody.batchGetProducts({ productIds: [productId] })).products, []);
  assert.deepEqual((await stage.find({ query: 'secret' })).ids, []);
  assert.equal((await stage.staff.getProduct({ productId })).product?.productId, productId);
});

test('categories are a tree, listed in pages; a forged page token is refused', async () => {
  const names = ['ANTIQUES', 'BOARD GAMES', 'CARDS', 'DOLLS'];
  for (const displayName of names) {
    await stage.staff.createCategory({ requestId: randomUUID(), parentId: categoryId, displayName });
  }
  const again = stage.staff.createCategory({
    requestId: randomUUID(),
    parentId: categoryId,
    displayName: 'CARDS',
  });
  assert.equal(await reasonOf(again), 'CATEGORY_EXISTS');
  const listed: string[] = [];
  let pageToken = '';
  do {
    const page = await stage.anybody.listCategories({ parentId: categoryId, pageSize: 3, pageToken });
    listed.push(...page.categories.map(({ displayName }) => displayName));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(listed, names);
  for (const text of ['\0', 'A\0B', "'; DROP TABLE category; --", '["", "CARDS"]']) {
    const forged = Buffer.from(text).toString('base64url');
    const refused = await reasonOf(stage.anybody.listCategories({ pageToken: forged }));
    assert.equal(refused, 'PAGE_TOKEN_INVALID', text);
  }
  assert.equal(await reasonOf(stage.anybody.listCategories({ parentId: 'a\0b' })), 'INVALID_REQUEST');
});
