import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code } from '@connectrpc/connect';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { Fulfilment_Method, type Order, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { isPassing } from '../../local/shop/patiently.ts';
import { place, whenOnSale } from '../journeys/testing/checkout.ts';
import { type Customer, newCustomer } from '../journeys/testing/customers.ts';
import type { Staff } from '../journeys/testing/staff.ts';
import { grpc } from '../journeys/testing/transports.ts';

/** What somebody buys at a till. */
export type Purchase = {
  readonly sku: string;
  readonly price: bigint;
  readonly card?: string;
  /** Whose order, and under which id; somebody and one of their own where it isn't told. */
  readonly userId?: string;
  readonly requestId?: string;
};

const PATIENCE_MS = 240_000;
const SETTLED: ReadonlySet<Order_State> = new Set([
  Order_State.PAID,
  Order_State.FULFILLED,
  Order_State.REJECTED,
  Order_State.CANCELLED,
]);

/** Places an order of one unit; a call that fails for a passing reason is repeated under its id. */
export async function buy({ till }: Staff, purchase: Purchase): Promise<Order> {
  const { sku, price, card = 'pm_card_visa', userId = randomUUID(), requestId = randomUUID() } = purchase;
  const money = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
  const line = { sku, title: sku, categoryPath: ['RACES'], quantity: 1, unitPrice: money(price) };
  return persistently(async () => {
    const { order } = await till.placeOrder({
      requestId,
      source: { case: 'quotedBasket', value: { userId, lines: [{ ...line, discount: money(0n) }] } },
      paymentMethodToken: card,
      fulfilment: { method: Fulfilment_Method.COUNTER },
      expectedTotal: money(price),
    });
    if (order === undefined) throw new Error('The order service answered without an order.');
    return order;
  });
}

/** Somebody with one unit of the SKU in their cart, and perhaps a coupon. */
export async function newShopper(
  sku: string,
  coupon?: string,
): Promise<{ readonly customer: Customer; readonly cartId: string }> {
  const customer = await persistently(() => newCustomer(grpc));
  const carts = customer.client(CartService);
  const adding = randomUUID();
  const { cart } = await persistently(() =>
    whenOnSale(() => carts.addItem({ requestId: adding, sku, quantity: 1 })),
  );
  const applying = randomUUID();
  if (coupon !== undefined)
    await persistently(() => carts.applyCoupon({ requestId: applying, code: coupon }));
  return { customer, cartId: cart?.cartId ?? '' };
}

/** Places the order of a shopper's cart. */
export function checkOut({ customer, cartId }: Awaited<ReturnType<typeof newShopper>>): Promise<Order> {
  const requestId = randomUUID();
  return persistently(() => place(customer, cartId, { requestId }));
}

/** The order once it is settled. */
export function settled({ orders }: Staff, orderId: string): Promise<Order> {
  return persistently(async () => {
    for (;;) {
      const { order } = await orders.getOrder({ orderId });
      if (order !== undefined && SETTLED.has(order.state)) return order;
      await sleep(1_000);
    }
  });
}

/** Does the work for each, so many at once, and resolves to the results in their order. */
export async function atOnce<T, R>(
  things: readonly T[],
  most: number,
  work: (thing: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < things.length) {
      const at = next++;
      results[at] = await work(things[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, things.length) }, worker));
  return results;
}

/**
 * Makes a call until it is answered, as a client does that wants to know: one that fails for a passing reason is repeated,
 * so it must carry its request id.
 */
export async function persistently<R>(call: () => Promise<R>): Promise<R> {
  const until = Date.now() + PATIENCE_MS;
  for (let pause = 100; ; pause = Math.min(pause * 2, 3_000)) {
    try {
      return await call();
    } catch (error) {
      if (!mayPass(error) || Date.now() > until) throw error;
      await sleep(pause);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof RpcError ? PASSING.has(error.code) : isPassing(error);
}

const PASSING: ReadonlySet<number> = new Set([Code.DeadlineExceeded, Code.Unavailable, Code.Aborted]);
