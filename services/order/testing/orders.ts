import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { v7 as uuidv7 } from 'uuid';
import type { CartLineSchema } from '#gen/shopverse/cart/v1/cart_pb.ts';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import type { MoneySchema } from '#gen/shopverse/common/v1/money_pb.ts';
import { Fulfilment_Method } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { notFound } from '#platform/errors/refusal.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import { cartQuotes } from '../adapters/cart-quotes.ts';
import { checkoutMetrics } from '../adapters/checkout-metrics.ts';
import { orderChanges } from '../adapters/order-changes.ts';
import { orderStore } from '../adapters/order-store.ts';
import { orderReader } from '../adapters/order-views.ts';
import type { OrderTables } from '../adapters/tables.ts';
import type { Message } from '../domain/checkout.ts';
import { migrations } from '../migrations/all.ts';
import { orderRpc } from '../rpc.ts';
import { advanceOrder } from '../usecases/advance-order.ts';

const waits = {
  ReserveDeadline: 15_000,
  PaymentDeadline: 60_000,
  CaptureDeadline: 120_000,
  CompensationDeadline: 60_000,
};
const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });

/**
 * The order service on a database of its own, and a cart service that prices whatever `carts` holds, for the user
 * that it is told. What the participants answer is told with `tell`.
 */
export async function startOrders(options: { readonly maxUnsettled?: number } = {}) {
  const database = await testDatabase<OrderTables>(migrations, { service: 'order' });
  const mesh = await testMesh(['order', 'cart']);
  const carts: Carts = new Map();
  const surroundings = { now: () => new Date(), uuid: () => uuidv7(), waits };
  const ports = { surroundings, observer: checkoutMetrics };
  const cart = await mesh.start('cart', () => ({ rpc: [quoting(carts)] }));
  const service = await mesh.start('order', (runtime) => ({
    rpc: [
      orderRpc({
        ...ports,
        database,
        carts: cartQuotes(runtime.client(CartService, 'cart')),
        changes: orderChanges(database, orderReader(database.db), runtime.log),
        policy: { deliveryFee: 499n, maxUnsettled: options.maxUnsettled ?? 10 },
      }),
    ],
  }));
  const clients: { close(): void }[] = [];

  return {
    database,
    ports,
    stopCart: () => cart.stop(),
    /** A client signed in as this user, with these roles. */
    async as(userId: string, ...roles: string[]) {
      const token = await mesh.token({ sub: userId, roles });
      const client = mesh.outside(OrderService, service.grpcPort, { token });
      clients.push(client);
      return client;
    },
    /** Puts a cart of two lines for 12.50 in all where the cart service finds it. */
    fillCart(userId: string, changed: CartChanges = {}): string {
      const cartId = uuidv7();
      const line = { productId: 'p', title: 'Cheese', categoryPath: ['GROCERY', 'CHEESE'] };
      carts.set(cartId, {
        userId,
        cart: {
          lines: [
            { ...line, sku: 'CHEESE-1', quantity: 3, unitPrice: usd(250n), amount: usd(750n) },
            { ...line, sku: 'BREAD-1', quantity: 1, unitPrice: usd(500n), amount: usd(500n) },
          ],
          discount: usd(0n),
          ...changed,
        },
      });
      return cartId;
    },
    emptyCart: (cartId: string) => void carts.delete(cartId),
    /** Tells an order's checkout what a participant answers, as the consumer does. */
    tell: (orderId: string, message: Message) =>
      database.transaction((tx) => advanceOrder({ ...ports, orders: orderStore(tx) }, orderId, message)),
    /** An order's facts as the outbox has them: their short names, in order, with their sequences. */
    async facts(orderId: string) {
      const rows = await kernelTables(database.db)
        .selectFrom('outbox')
        .select(['type', 'aggregate_seq'])
        .where('aggregate_id', '=', orderId)
        .orderBy('aggregate_seq')
        .execute();
      return rows.map(
        ({ type, aggregate_seq }) => `${aggregate_seq} ${type.slice(type.lastIndexOf('.') + 1)}`,
      );
    },
    async stop() {
      for (const client of clients) {
        client.close();
      }
      await mesh.close();
      await database.drop();
    },
  };
}

type CartChanges = {
  readonly lines?: MessageInitShape<typeof CartLineSchema>[];
  readonly discount?: MessageInitShape<typeof MoneySchema>;
  readonly couponCode?: string;
  readonly etag?: string;
};
type Carts = Map<string, { userId: string; cart: CartChanges }>;

/** A cart service that answers quotes, and nothing else. */
function quoting(carts: Carts) {
  const unasked = async () => {
    throw new Error('The order service asks for quotes only');
  };
  const others = Object.fromEntries(CartService.methods.map((method) => [method.localName, unasked]));
  const handlers: Handlers<typeof CartService> = {
    ...(others as unknown as Handlers<typeof CartService>),
    quoteCart: async ({ cartId, userId }) => {
      const found = carts.get(cartId);
      if (found?.userId !== userId) {
        throw notFound('There is no such cart.');
      }
      return { cart: { cartId, subtotal: usd(0n), ...found.cart } };
    },
  };
  return bind(CartService, handlers);
}

/** What `startOrders` started. */
export type Orders = Awaited<ReturnType<typeof startOrders>>;

/** A request to order a cart, to be handed over the counter. */
export function orderOf(cartId: string) {
  return {
    requestId: randomUUID(),
    source: { case: 'cartId' as const, value: cartId },
    paymentMethodToken: 'pm_card_visa',
    fulfilment: { method: Fulfilment_Method.COUNTER },
  };
}

/** A request to order a cart, to be delivered. */
export function deliveryOf(cartId: string) {
  const address = {
    recipient: 'Ada Lovelace',
    lines: ['St James Square 12'],
    city: 'London',
    postalCode: 'SW1Y',
    countryCode: 'GB',
  };
  return { ...orderOf(cartId), fulfilment: { method: Fulfilment_Method.DELIVERY, address } };
}
