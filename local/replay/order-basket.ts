import { setTimeout as sleep } from 'node:timers/promises';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { v5 as uuidv5 } from 'uuid';
import {
  Fulfilment_Method,
  type Order,
  Order_State,
  Order_StateSchema,
} from '#gen/shopverse/order/v1/order_pb.ts';
import type { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { amountOf, type Basket } from '../grocer/line.ts';
import { GROCER } from '../shop/catalogue.ts';
import { isPassing, isRefusal } from '../shop/patiently.ts';
import type { Journal } from './journal.ts';
import type { Tally } from './tally.ts';

/** How long a basket's order may take to be settled before it counts as failed. Milliseconds. */
const PATIENCE_MS = 180_000;

const SETTLED: ReadonlySet<Order_State> = new Set([
  Order_State.PAID,
  Order_State.FULFILLED,
  Order_State.REJECTED,
  Order_State.CANCELLED,
]);

/** What ordering a basket needs. */
export type Ordering = {
  readonly orders: Client<typeof OrderService>;
  readonly journal: Journal;
  readonly tally: Tally;
  /** The provider's token of the card that pays. */
  readonly card: string;
};

/** The product's title and departments by SKU, as a till prints them. */
export type Titles = ReadonlyMap<string, { readonly title: string; readonly path: readonly string[] }>;

/** What a basket comes to, in cents. */
export function totalOf({ lines }: Basket): number {
  return lines.reduce((sum, line) => sum + amountOf(line), 0);
}

/** A household's id as a customer, the same in every stack. */
export function customerOf({ household }: Basket): string {
  return uuidv5(`household ${household}`, GROCER);
}

/**
 * Places a basket's order and follows it until it is settled. Calls that fail for a passing reason are repeated under
 * the same request id; a basket that was ordered before is not ordered again.
 */
export async function orderBasket(ordering: Ordering, basket: Basket, titles: Titles): Promise<void> {
  const { journal, tally } = ordering;
  const { basketId } = basket;
  const requestId = uuidv5(`basket ${basketId}`, GROCER);
  journal.add({ kind: 'invoke', basketId, requestId, total: totalOf(basket) });
  const until = Date.now() + PATIENCE_MS;
  const began = performance.now();
  let order: Order;
  try {
    order = await repeating(until, () => place(ordering, basket, requestId, titles));
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    journal.add({ kind: isRefusal(error) ? 'fail' : 'info', basketId, reason: `${code} ${rawMessage}` });
    tally.failed += 1;
    return;
  }
  tally.placeTimes.push(performance.now() - began);
  tally.placed += 1;
  journal.add({ kind: 'ok', basketId, orderId: order.orderId });
  try {
    order = await repeating(until, () => settle(ordering, order));
  } catch (error) {
    journal.add({ kind: 'info', basketId, reason: ConnectError.from(error).message });
    tally.failed += 1;
    return;
  }
  const state = stateName(order);
  journal.add({ kind: 'settled', basketId, orderId: order.orderId, state });
  if (order.state === Order_State.PAID || order.state === Order_State.FULFILLED) {
    tally.paid += 1;
    tally.revenue += Number(order.total?.minorUnits ?? 0n);
    tally.sagaTimes.push(sagaTime(order));
  } else {
    tally.undone += 1;
  }
}

async function place(
  { orders, card }: Ordering,
  basket: Basket,
  requestId: string,
  titles: Titles,
): Promise<Order> {
  const money = (minorUnits: number) => ({ currencyCode: 'USD', minorUnits: BigInt(minorUnits) });
  const { order } = await orders.placeOrder({
    requestId,
    source: {
      case: 'quotedBasket',
      value: {
        userId: customerOf(basket),
        lines: basket.lines.map(({ sku, quantity, unitPrice, discount }) => ({
          sku,
          title: titles.get(sku)?.title ?? sku,
          categoryPath: [...(titles.get(sku)?.path ?? [])],
          quantity,
          unitPrice: money(unitPrice),
          discount: money(discount),
        })),
      },
    },
    paymentMethodToken: card,
    fulfilment: { method: Fulfilment_Method.COUNTER },
    expectedTotal: money(totalOf(basket)),
  });
  return given(order);
}

/** The order once it is settled: first by watching it, and by asking again should the stream end before. */
async function settle({ orders }: Ordering, placed: Order): Promise<Order> {
  let order = placed;
  for await (const change of orders.watchOrder({ orderId: placed.orderId, untilPaid: true })) {
    order = given(change.order);
    if (SETTLED.has(order.state)) return order;
  }
  throw new ConnectError(`the order ${order.orderId} stays ${stateName(order)}`, Code.Unavailable);
}

async function repeating<R>(until: number, call: () => Promise<R>): Promise<R> {
  for (let pause = 200; ; pause = Math.min(pause * 2, 5_000)) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || Date.now() + pause > until) throw error;
      await sleep(pause);
    }
  }
}

/** From PLACED to PAID by the order's own history, in milliseconds. */
function sagaTime(order: Order): number {
  const at = (state: Order_State) => {
    const time = order.history.find((entry) => entry.state === state)?.time;
    return time === undefined ? Number.NaN : timestampMs(time);
  };
  return at(Order_State.PAID) - at(Order_State.PLACED);
}

/** Such as FULFILLED. */
function stateName({ state }: Order): string {
  return Order_StateSchema.value[state]?.localName ?? String(state);
}

function given(order: Order | undefined): Order {
  if (order === undefined) throw new Error('The order service answered without an order.');
  return order;
}
