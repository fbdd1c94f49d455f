import type { EndReason } from './checkout-edges.ts';
import type { Deadline } from './checkout-messages.ts';
import { begin, type Method, type Saga } from './checkout-steps.ts';
import type { Money, Totals } from './money.ts';
import { type FactType, type State, transition } from './order-state.ts';
import type { Shipment } from './shipping.ts';

/** Where an order came from. */
export type Channel = 'ONLINE' | 'TILL';

/** Where a delivery goes to. Personal data: kept in the order's database, never in a fact. */
export type Address = {
  readonly recipient: string;
  readonly lines: readonly string[];
  readonly city: string;
  readonly postalCode: string;
  readonly countryCode: string;
};

/** An order without its lines: what its checkout and its fulfilment decide by. */
export type Order = Saga & {
  readonly orderId: string;
  readonly userId: string;
  /** Who placed it: the user, or the till that sold to the user. */
  readonly placedBy: string;
  readonly channel: Channel;
  readonly totals: Totals;
  readonly couponCode: string | undefined;
  readonly cartId: string | undefined;
  /** Which state of the cart was ordered: no two orders that aren't undone are of the same. */
  readonly cartEtag?: string | undefined;
  readonly paymentMethodToken: string;
  /** Set when a payment is requested. */
  readonly paymentId: string | undefined;
  readonly endReason: EndReason | undefined;
  /** What was paid back in all, in minor units. */
  readonly refunded: bigint;
  /** What ends the present wait, and when. */
  readonly deadline: { readonly kind: Deadline; readonly time: Date } | undefined;
  /** How many facts have been stated: the sequence of the latest. */
  readonly version: bigint;
  /** How often anything has changed. */
  readonly revision: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
};

/** What an order's history can say. Together with the order after it, and its lines, all that its event carries. */
export type Fact =
  | { readonly type: 'OrderPlaced'; readonly reserveDeadline: Date }
  | { readonly type: 'PaymentRequested'; readonly paymentId: string; readonly deadline: Date }
  | { readonly type: 'OrderConfirmed' | 'OrderPaid' | 'OrderFulfilled' }
  | { readonly type: 'OrderShipped'; readonly shipment: Shipment }
  | { readonly type: 'OrderRejected'; readonly reason: EndReason; readonly shortSkus: readonly string[] }
  | { readonly type: 'OrderCancellationStarted'; readonly reason: EndReason; readonly from: State }
  | { readonly type: 'OrderCancelled'; readonly refunded: Money };

/** A fact and the order as it was right after it, whose version is the fact's sequence. */
export type Stated = { readonly fact: Fact; readonly order: Order };

/** A state that was entered by the fact of this sequence, and the message or command that brought the order there. */
export type HistoryEntry = {
  readonly sequence: bigint;
  readonly state: State;
  readonly cause: string;
  readonly time: Date;
};

/** What a change made of an order. */
export type Change = {
  readonly order: Order;
  readonly stated: readonly Stated[];
  readonly history: readonly HistoryEntry[];
};

/** What is known of an order before it is placed. */
export type Placing = Pick<
  Order,
  | 'orderId'
  | 'userId'
  | 'placedBy'
  | 'channel'
  | 'totals'
  | 'couponCode'
  | 'cartId'
  | 'cartEtag'
  | 'paymentMethodToken'
> & { readonly method: Method };

/** A new order, placed now; it waits until `reserveDeadline` for its stock and coupon. */
export function place(placing: Placing, now: Date, reserveDeadline: Date): Change {
  const order: Order = {
    ...placing,
    ...begin({ method: placing.method, coupon: placing.couponCode !== undefined }),
    paymentId: undefined,
    endReason: undefined,
    refunded: 0n,
    deadline: { kind: 'ReserveDeadline', time: reserveDeadline },
    version: 1n,
    revision: 1n,
    createTime: now,
    updateTime: now,
  };
  return {
    order,
    stated: [{ fact: { type: 'OrderPlaced', reserveDeadline }, order }],
    history: [{ sequence: 1n, state: 'PLACED', cause: 'PlaceOrder', time: now }],
  };
}

/** The order after a fact. Throws when the fact can't be stated in the order's state, which is a bug. */
export function evolve(order: Order, fact: Fact): Order {
  const moved = { ...order, state: transition(order.state, fact.type), version: order.version + 1n };
  switch (fact.type) {
    case 'PaymentRequested':
      return { ...moved, paymentId: fact.paymentId };
    case 'OrderShipped':
      return { ...moved, shipped: true };
    case 'OrderRejected':
    case 'OrderCancellationStarted':
      return { ...moved, endReason: fact.reason };
    case 'OrderPlaced':
    case 'OrderConfirmed':
    case 'OrderPaid':
    case 'OrderFulfilled':
    case 'OrderCancelled':
      return moved;
    default:
      return fact satisfies never;
  }
}

/** The change that stating facts one after the other makes, brought about by `cause`. `fact` sees the order so far. */
export function stateFacts(
  order: Order,
  facts: readonly FactType[],
  fact: (type: FactType, order: Order) => Fact,
  cause: string,
  now: Date,
): Change {
  let current = order;
  const stated: Stated[] = [];
  const history: HistoryEntry[] = [];
  for (const type of facts) {
    const before = current.state;
    const one = fact(type, current);
    current = evolve(current, one);
    stated.push({ fact: one, order: current });
    if (current.state !== before) {
      history.push({ sequence: current.version, state: current.state, cause, time: now });
    }
  }
  return {
    order: { ...current, revision: order.revision + 1n, updateTime: now },
    stated,
    history,
  };
}
