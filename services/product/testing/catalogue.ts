import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { v7 as uuidv7 } from 'uuid';
import type { Product_State, ProductSchema } from '#gen/shopverse/product/v1/product_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import { createSearchFeed } from '../adapters/search-feed.ts';
import type { ProductTables } from '../adapters/tables.ts';
import { migrations } from '../migrations/all.ts';
import { createRpc } from '../rpc.ts';

type Sent = MessageInitShape<typeof ProductSchema>;
type Extra = { readonly brand?: string; readonly state?: Product_State } & Pick<Sent, 'variants'>;

/** A product as a client sends it, of one variant that has the product's id as its SKU. */
export function productOf(
  productId: string,
  title: string,
  over: Extra & { readonly cents?: number } = {},
): Sent {
  const { cents = 250, ...rest } = over;
  const price = { currencyCode: 'USD', minorUnits: BigInt(cents) };
  return { productId, title, variants: [{ sku: productId, title: '', price }], ...rest };
}

/** The product service on a database of its own. */
export async function startCatalogue() {
  const database = await testDatabase<ProductTables>(migrations, { service: 'product', poolSize: 20 });
  const mesh = await testMesh(['product']);
  const db = database.db;
  const deps = { database, clock: { now: () => new Date() }, ids: { uuid: uuidv7 }, currency: 'USD' };
  const feed = createSearchFeed(db);
  const service = await mesh.start('product', () => ({
    rpc: [createRpc({ ...deps, index: feed.current })],
    database,
    warm: feed.load,
  }));
  const open = async (roles?: readonly string[]) =>
    mesh.outside(ProductService, service.grpcPort, {
      timeoutMs: 60_000,
      ...(roles !== undefined && { token: await mesh.token({ sub: randomUUID(), roles }) }),
    });
  const [staff, anybody] = [await open(['catalogue']), await open()];

  return {
    database,
    db,
    feed,
    /** Clients of the catalogue's staff, and of visitors. */
    staff,
    anybody,
    /** Imports batches of products, and resolves to the import's id. */
    async import(...batches: readonly (readonly Sent[])[]) {
      const importId = randomUUID();
      await staff.startImport({ importId, source: 'a test', expectedCount: batches.flat().length });
      for (const [index, products] of batches.entries()) {
        await staff.importProducts({
          importId,
          batchNumber: index + 1,
          products: products.map((product) => ({ product, categoryPath: ['GROCERY', 'DAIRY'] })),
        });
      }
      return importId;
    },
    /** The ids of the products found, once the index has heard of everything. */
    async find(request: Parameters<typeof anybody.searchProducts>[0]) {
      await feed.refresh();
      const found = await anybody.searchProducts(request);
      return { ...found, ids: found.products.map(({ productId }) => productId) };
    },
    /** The types of a product's facts, such as `PriceChanged`, in their order. */
    async facts(aggregateId: string): Promise<readonly string[]> {
      const rows = await kernelTables(database.db)
        .selectFrom('outbox')
        .select('type')
        .where('aggregate_id', '=', aggregateId)
        .orderBy('aggregate_seq')
        .execute();
      return rows.map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
    },
    async close() {
      staff.close();
      anybody.close();
      await mesh.close();
      await database.drop();
    },
  };
}

/** A refused call's reason, such as `SKU_TAKEN`. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: { reason?: string }) => thrown,
  );
  return error === undefined ? 'OK' : (error.reason ?? String(error));
}
