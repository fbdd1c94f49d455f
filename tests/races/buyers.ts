import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fulfilment_Method, type Order, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { isPassing } from '../../local/shop/patiently.ts';
import type { Staff } from '../journeys/testing/staff.ts';

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
  return repeating(async () => {
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

/** The order once it is settled. */
export function settled({ till }: Staff, orderId: string): Promise<Order> {
  return repeating(async () => {
    for (;;) {
      const { order } = await till.getOrder({ orderId });
      if (order !== undefined && SETTLED.has(order.state)) return order;
      await sleep(500);
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

async function repeating<R>(call: () => Promise<R>): Promise<R> {
  const until = Date.now() + PATIENCE_MS;
  for (let pause = 100; ; pause = Math.min(pause * 2, 3_000)) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || Date.now() > until) throw error;
      await sleep(pause);
    }
  }
}
