import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { ProductImport } from '#gen/shopverse/product/v1/product_pb.ts';
import { ProductImport_State as State } from '#gen/shopverse/product/v1/product_pb.ts';
import {
  ProductService,
  type SearchProductsResponse,
  SearchProductsRequest_Sort as Sort,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { PATIENCE_MS } from './testing/checkout.ts';
import { openShop, type Staff } from './testing/staff.ts';
import { refusalOf, TRANSPORTS } from './testing/transports.ts';

const BATCH = 20;
const BATCHES = 3;
const COUNT = BATCH * BATCHES;
/** A word that nothing else in the shop has: a run has its products to itself. */
const WORD = [...randomBytes(10)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');

const products = Array.from({ length: COUNT }, (_, index) => ({
  categoryPath: ['JOURNEYS', `SHELF ${index % 3}`],
  product: {
    productId: `J-${WORD}-${index}`,
    title: `${WORD} ${index % 2 === 0 ? 'cheddar' : 'brie'} ${index}`,
    brand: index % 4 === 0 ? 'Private' : 'National',
    variants: [
      {
        sku: `J-${WORD}-${index}`,
        price: { currencyCode: 'USD', minorUnits: BigInt(100 + index * 20) },
      },
    ],
  },
}));

const batchOf = (importId: string, number: number) => ({
  importId,
  batchNumber: number,
  products: products.slice((number - 1) * BATCH, number * BATCH),
});

let staff: Staff;
before(async () => {
  staff = await openShop();
});
after(async () => {
  const archiving = products.map(({ product: { productId } }) =>
    staff.products.archiveProduct({ productId }),
  );
  await Promise.allSettled(archiving);
});

test('an import is watched, broken off, watched again and taken up where it stopped', async () => {
  const importId = randomUUID();
  const batch = (number: number) => batchOf(importId, number);
  await staff.products.startImport({ importId, source: 'a journey', expectedCount: COUNT });
  await staff.products.importProducts(batch(1));
  const gone = new AbortController();
  for await (const { import: stands } of staff.products.watchImport({ importId }, { signal: gone.signal })) {
    assert.equal(stands?.createdCount, BATCH);
    break;
  }
  gone.abort();
  const seen: ProductImport[] = [];
  const watching = (async () => {
    for await (const { import: stands } of staff.products.watchImport({ importId })) {
      if (stands) seen.push(stands);
    }
  })();
  // Who doesn't know how far it got begins again: what is in is in once.
  for (let number = 1; number <= BATCHES; number += 1) {
    await staff.products.importProducts(batch(number));
  }
  await staff.products.finishImport({ importId });
  await watching;
  assert.equal(seen.at(-1)?.state, State.FINISHED);
  assert.equal(seen.at(-1)?.createdCount, COUNT);
  const late = staff.products.importProducts(batch(4));
  assert.equal(await refusalOf(late), 'INVALID_ARGUMENT INVALID_REQUEST', 'an empty batch is none');
});

for (const transport of TRANSPORTS) {
  suite(`the catalogue over ${transport.name}`, () => {
    const shop = transport.client(ProductService);
    const found = (request: Parameters<typeof shop.searchProducts>[0]) => shop.searchProducts(request);
    const ids = ({ products }: SearchProductsResponse) => products.map(({ productId }) => productId);

    // Whichever of the tests are asked for: after the first one the products are there already, and stay as they are.
    before(async () => {
      const importId = randomUUID();
      await staff.products.startImport({ importId, source: 'a journey', expectedCount: COUNT });
      for (let number = 1; number <= BATCHES; number += 1) {
        await staff.products.importProducts(batchOf(importId, number));
      }
      await staff.products.finishImport({ importId });
      await waitFor(
        'the products to be found',
        async () => (await found({ query: WORD })).totalCount === COUNT,
        PATIENCE_MS,
      );
    });

    test('what was imported is found, by a typo too', async () => {
      assert.equal((await found({ query: `${WORD} chedd` })).totalCount, COUNT / 2);
      const typo = `${WORD.slice(0, 4)}${WORD.slice(5)}`;
      const corrected = await found({ query: `${typo} brie` });
      assert.equal(corrected.correctedQuery, `${WORD} brie`);
      assert.equal(corrected.totalCount, COUNT / 2);
    });

    test('facets count what filters then leave', async () => {
      const { facets } = await found({ query: WORD });
      const values = (name: string) =>
        Object.fromEntries(
          facets.find((facet) => facet.name === name)?.values.map(({ value, count }) => [value, count]) ?? [],
        );
      assert.deepEqual(values('brand'), { National: 45, Private: 15 });
      assert.deepEqual(Object.values(values('category')), [20, 20, 20]);
      for (const [value, count] of Object.entries(values('brand'))) {
        assert.equal((await found({ query: WORD, brands: [value] })).totalCount, count);
      }
      for (const [value, count] of Object.entries(values('category'))) {
        assert.equal((await found({ query: WORD, categoryId: value })).totalCount, count);
      }
      for (const [value, count] of Object.entries(values('price'))) {
        const [least = '0', most = '0'] = value.split('-');
        const within = { minimumPriceMinorUnits: BigInt(least), maximumPriceMinorUnits: BigInt(most) };
        assert.equal((await found({ query: WORD, ...within })).totalCount, count, value);
      }
    });

    test('S-32 pages of every order have everything once', async () => {
      for (const sort of [Sort.UNSPECIFIED, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING, Sort.NEWEST]) {
        const all: string[] = [];
        let pageToken = '';
        do {
          const page = await found({ query: WORD, sort, pageSize: 13, pageToken, skipFacets: true });
          all.push(...ids(page));
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        assert.equal(all.length, COUNT, Sort[sort as never]);
        assert.equal(new Set(all).size, COUNT);
      }
      const { nextPageToken } = await found({ query: WORD, pageSize: 13 });
      const elsewhere = found({ query: 'milk', pageToken: nextPageToken });
      assert.equal(await refusalOf(elsewhere), 'INVALID_ARGUMENT PAGE_TOKEN_INVALID');
    });

    test('S-30 what is typed is looked for, whatever it is', async () => {
      for (const query of ["'; DROP TABLE product; --", 'a:* & !b | (c)', '%_\\', '\0']) {
        await found({ query });
      }
      assert.match(await refusalOf(shop.getProduct({ productId: "1' OR '1'='1" })), /^INVALID_ARGUMENT/);
    });
  });
}
