import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import type { Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import type { Outside } from '#platform/testing/outside-client.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import type { CartTables } from '../adapters/tables.ts';
import { createWriter } from '../adapters/writer.ts';
import { migrations } from '../migrations/all.ts';
import { createRpc } from '../rpc.ts';
import { beginCheckout, completeCheckout, undoCheckout } from '../usecases/checkout.ts';

const HOUR = 3_600_000;

/** The cart service on a database of its own, with a clock that can be set forward. */
export async function startCarts() {
  const database = await testDatabase<CartTables>(migrations, { service: 'cart', poolSize: 40 });
  const mesh = await testMesh(['cart', 'order']);
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const deps = { clock, ids: { uuid: uuidv7 }, lifetimes: { user: 48 * HOUR, guest: 2 * HOUR } };
  const service = await mesh.start('cart', () => ({
    rpc: [createRpc({ ...deps, database, currency: 'USD' })],
    database,
  }));
  const clients: { close(): void }[] = [];
  const client = (as: Outside) => {
    const made = mesh.outside(CartService, service.grpcPort, { timeoutMs: 60_000, ...as });
    clients.push(made);
    return made;
  };
  const writing = <R>(work: (writer: ReturnType<typeof createWriter>) => Promise<R>) =>
    database.transaction((tx: Tx<CartTables>) => work(createWriter(tx, deps)));

  return {
    database,
    deps,
    writing,
    /** A client of a new user's. */
    async newUser() {
      const userId = randomUUID();
      return { userId, client: client({ token: await mesh.token({ sub: userId }) }) };
    },
    guest: (guestId: string = randomUUID()) => ({ guestId, client: client({ guestId }) }),
    staff: async () => client({ token: await mesh.token({ sub: randomUUID(), roles: ['catalogue'] }) }),
    nobody: () => client({}),
    /** The order service's own client. */
    orderService: async () => (await mesh.runtime('order')).client(CartService, 'cart'),
    pass: (milliseconds: number) => {
      ahead += milliseconds;
    },
    /** Puts a product on sale, as the catalogue's fact would. Resolves to its SKU. */
    async onSale(cents = 100n, sku: string = randomUUID()): Promise<string> {
      await writing((writer) =>
        writer.replaceVariants({
          productId: sku,
          title: 'A thing',
          categoryPath: ['THINGS'],
          available: true,
          prices: new Map([[sku, cents]]),
        }),
      );
      return sku;
    },
    /** What the order's facts make of an order's coupon and cart. */
    begin: (order: Order, cart = { cartId: '', lines: [] as { sku: string; quantity: number }[] }) =>
      writing((writer) => beginCheckout(writer, clock, order, cart)),
    complete: (order: Order) => writing((writer) => completeCheckout(writer, order)),
    undo: (order: Order) => writing((writer) => undoCheckout(writer, order)),
    /** The types of an aggregate's facts, such as `CouponHeld`, in their order. */
    async facts(aggregateId: string): Promise<readonly string[]> {
      const rows = await kernelTables(database.db)
        .selectFrom('outbox')
        .select(['type', 'aggregate_seq'])
        .where('aggregate_id', '=', aggregateId)
        .orderBy('aggregate_seq')
        .execute();
      if (rows.some((row, index) => Number(row.aggregate_seq) !== index + 1)) {
        throw new Error(`I-30 the facts of ${aggregateId} aren't numbered without gaps`);
      }
      return rows.map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
    },
    async close() {
      for (const each of clients) each.close();
      await mesh.close();
      await database.drop();
    },
  };
}

type Order = { readonly orderId: string; readonly userId: string; readonly couponCode: string };

/** An order of this coupon. */
export function orderWith(couponCode: string, userId: string = randomUUID()): Order {
  return { orderId: randomUUID(), userId, couponCode };
}

/** Quantities by SKU. */
export function quantities(
  cart: { readonly lines: readonly { readonly sku: string; readonly quantity: number }[] } | undefined,
): Record<string, number> {
  return Object.fromEntries(cart?.lines.map(({ sku, quantity }) => [sku, quantity]) ?? []);
}

/** A refused call's reason, such as `CART_FULL`. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: { reason?: string }) => thrown,
  );
  return error === undefined ? 'OK' : (error.reason ?? String(error));
}
