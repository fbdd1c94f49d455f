import type { Edge } from './checkout-edges.ts';
import { type Deadline, deadlineOf, type MessageType, type Why } from './checkout-messages.ts';
import { next } from './checkout-saga.ts';
import type { Money } from './money.ts';
import { type Change, type Fact, type Order, stateFacts } from './order.ts';
import type { FactType } from './order-state.ts';

/** The messages that say nothing but that something happened. */
export type BareType = Exclude<MessageType, OfPayment | 'StockRejected'>;

/** The messages that say of which payment, and nothing else. */
export type BarePaymentType = Exclude<OfPayment, WithAmount>;

type WithAmount = 'PaymentAuthorised' | 'PaymentCaptured' | 'PaymentRefunded' | 'PaymentRefundedInPart';
type OfPayment =
  | WithAmount
  | 'PaymentDeclined'
  | 'PaymentOutcomeUnknown'
  | 'PaymentCaptureFailed'
  | 'PaymentVoided';

/** A message to a checkout. `amount` is what was authorised, captured or paid back, each in all. */
export type Message =
  | { readonly type: 'StockRejected'; readonly shortSkus: readonly string[] }
  | { readonly type: WithAmount; readonly paymentId: string; readonly amount: Money }
  | { readonly type: BarePaymentType; readonly paymentId: string }
  | { readonly type: BareType };

/** How long each wait lasts, in milliseconds. */
export type Waits = { readonly [D in Deadline]: number };

/** What `advance` needs beside the order and the message. `paymentId` is for the payment that it may request. */
export type Surroundings = { readonly now: Date; readonly waits: Waits; readonly paymentId: string };

/** What a message made of an order. */
export type Advanced =
  | ({ readonly kind: 'changed'; readonly edge: Edge } & Change)
  | { readonly kind: 'ignored'; readonly why: Why };

/**
 * Takes an order's checkout one message further. Throws when the message contradicts the order, such as by another
 * amount: somebody has to look, and the deadline undoes the order if nobody does.
 */
export function advance(order: Order, message: Message, surroundings: Surroundings): Advanced {
  const step = next(order, message.type);
  if (step.kind === 'ignored') {
    return step;
  }
  const contradiction = contradictionOf(order, message);
  if (contradiction !== undefined) {
    throw new Error(`${message.type} contradicts order ${order.orderId}: ${contradiction}`);
  }
  const { edge, saga } = step;
  const { now } = surroundings;
  const told: Order = {
    ...order,
    stock: saga.stock,
    payment: saga.payment,
    coupon: saga.coupon,
    refunded: message.type === 'PaymentRefunded' ? message.amount.minorUnits : order.refunded,
  };
  const change = stateFacts(
    told,
    edge.facts,
    (type, current) => factOf(type, current, edge, message, surroundings),
    message.type,
    now,
  );
  const waitsAnew = saga.state !== order.state || message.type === order.deadline?.kind;
  const deadline = waitsAnew ? deadlineAfter(saga.state, surroundings) : order.deadline;
  return { kind: 'changed', edge, ...change, order: { ...change.order, deadline } };
}

function factOf(
  type: FactType,
  order: Order,
  edge: Edge,
  message: Message,
  { now, waits, paymentId }: Surroundings,
): Fact {
  switch (type) {
    case 'PaymentRequested':
      return { type, paymentId, deadline: later(now, waits.PaymentDeadline) };
    case 'OrderConfirmed':
    case 'OrderPaid':
    case 'OrderFulfilled':
      return { type };
    case 'OrderRejected':
      return {
        type,
        reason: reasonOf(edge),
        shortSkus: message.type === 'StockRejected' ? message.shortSkus : [],
      };
    case 'OrderCancellationStarted':
      return { type, reason: reasonOf(edge), from: order.state };
    case 'OrderCancelled':
      return { type, refunded: { currency: order.totals.currency, minorUnits: order.refunded } };
    case 'OrderPlaced':
    case 'OrderShipped':
      throw new Error(`The checkout doesn't state ${type}`);
    default:
      return type satisfies never;
  }
}

function reasonOf(edge: Edge) {
  if (edge.reason === undefined) {
    throw new Error(`The edge "${edge.name}" ends an order without a reason`);
  }
  return edge.reason;
}

function deadlineAfter(entered: Order['state'], { now, waits }: Surroundings): Order['deadline'] {
  const kind = deadlineOf[entered];
  return kind === undefined ? undefined : { kind, time: later(now, waits[kind]) };
}

function later(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() + milliseconds);
}

/** What a message says that can't be true of the order. */
function contradictionOf(order: Order, message: Message): string | undefined {
  if ('paymentId' in message && message.paymentId !== order.paymentId) {
    return 'it speaks of another payment';
  }
  if (!('amount' in message)) {
    return undefined;
  }
  if (message.amount.currency !== order.totals.currency) {
    return `it is in ${message.amount.currency}`;
  }
  return message.amount.minorUnits === order.totals.total
    ? undefined
    : `its amount is ${message.amount.minorUnits}, the total ${order.totals.total}`;
}
