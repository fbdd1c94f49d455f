import type { Checkout, HoldRow, PaymentRow, ReservationRow } from './world/checkouts.ts';

/** Whether an order is sold for good, undone, or neither yet. */
export function outcomeOf({ order }: Checkout): 'sold' | 'undone' | 'under way' {
  switch (order.state) {
    case 'PAID':
    case 'FULFILLED':
      return 'sold';
    case 'REJECTED':
    case 'CANCELLED':
      return 'undone';
    case 'PLACED':
    case 'STOCK_RESERVED':
    case 'CONFIRMED':
    case 'CANCELLING':
      return 'under way';
    default:
      return order.state satisfies never;
  }
}

/** I-14: what a sold order lacks of its payment and its stock. */
export function unpaid(checkout: Checkout): string[] {
  const { order, payment, reservation } = checkout;
  if (outcomeOf(checkout) !== 'sold' && order.state !== 'CONFIRMED') {
    return [];
  }
  const about = `${order.order_id} is ${order.state}`;
  const covered = order.state === 'CONFIRMED' ? payment?.authorised : payment?.captured;
  const stock = reservation?.state ?? 'missing';
  return [
    ...((covered ?? 0n) < order.total ? [`${about}, of ${order.total} paid ${covered ?? 'nothing'}`] : []),
    ...(outcomeOf(checkout) === 'sold' && stock !== 'COMMITTED'
      ? [`${about}, its reservation ${stock}`]
      : []),
  ];
}

/** I-15: what an undone order still holds. */
export function leftOver(checkout: Checkout): string[] {
  const { order, payment, reservation, hold } = checkout;
  if (outcomeOf(checkout) !== 'undone') {
    return [];
  }
  const about = `${order.order_id} is ${order.state}`;
  const kept = (payment?.captured ?? 0n) - (payment?.refunded ?? 0n);
  return [
    ...(kept === 0n ? [] : [`${about}, and ${kept} of its money are kept`]),
    ...(payment !== undefined && openPayments.has(payment.state)
      ? [`${about}, its payment ${payment.state}`]
      : []),
    ...(reservation !== undefined && heldStock.has(reservation.state)
      ? [`${about}, its reservation ${reservation.state}`]
      : []),
    ...(hold !== undefined && usedCoupons.has(hold.state) ? [`${about}, its coupon ${hold.state}`] : []),
  ];
}

const openPayments: ReadonlySet<PaymentRow['state']> = new Set(['PENDING', 'UNKNOWN', 'AUTHORISED']);
const heldStock: ReadonlySet<ReservationRow['state']> = new Set(['ACTIVE', 'COMMITTED']);
const usedCoupons: ReadonlySet<HoldRow['state']> = new Set(['HELD', 'REDEEMED']);

/**
 * I-16: steps of a settled order that were neither kept nor undone once, but both, twice, or otherwise than the order
 * believes.
 */
export function halfDone(checkout: Checkout): string[] {
  const outcome = outcomeOf(checkout);
  if (outcome === 'under way') {
    return [];
  }
  const { order_id, state } = checkout.order;
  return [...stockSteps(checkout), ...paymentSteps(checkout), ...couponSteps(checkout)].map(
    (problem) => `${order_id} is ${state}: ${problem}`,
  );
}

function stockSteps({ order, reservation }: Checkout): string[] {
  const { state, lines, sold, returned } = reservation ?? { state: 'none', lines: 0, sold: 0, returned: 0 };
  const [mustBeSold, mustReturn] = [state === 'COMMITTED' || state === 'RETURNED', state === 'RETURNED'];
  const believed = believedStock[order.stock];
  return [
    ...(sold === (mustBeSold ? lines : 0) && returned === (mustReturn ? lines : 0)
      ? []
      : [`its reservation is ${state} with ${lines} lines, ${sold} sold, ${returned} returned`]),
    ...(believed?.includes(state) ? [] : [`its stock is ${order.stock}, its reservation ${state}`]),
  ];
}

/** By the order's word on its stock, what the reservation may be once the order is settled. */
const believedStock: Readonly<Record<string, readonly string[]>> = {
  committed: ['COMMITTED'],
  rejected: ['REJECTED', 'RELEASED'],
  released: ['RELEASED', 'EXPIRED', 'none', 'REJECTED'],
  returned: ['RETURNED'],
};

function paymentSteps({ order, payment }: Checkout): string[] {
  const believed = believedPayment[order.payment];
  const state = payment?.state ?? 'none';
  const done = payment?.done.split(' ').filter((word) => word !== '') ?? [];
  const times = (operation: string) => done.filter((each) => each === operation).length;
  const twice = ['AUTHORISE', 'CAPTURE', 'VOID'].filter((operation) => times(operation) > 1);
  const expected = payment === undefined ? [] : stepsDone(payment);
  const single = [...new Set(done)].sort();
  return [
    ...(believed?.includes(state) ? [] : [`its payment is ${order.payment}, the payment itself ${state}`]),
    ...twice.map((operation) => `${operation} was done ${times(operation)} times`),
    ...(single.join() === expected.join()
      ? []
      : [`its payment is ${state}, and what was done is ${single.join(' ') || 'nothing'}`]),
  ];
}

/** By the order's word on its payment, what the payment may be once the order is settled. */
const believedPayment: Readonly<Record<string, readonly string[]>> = {
  none: ['none'],
  captured: ['CAPTURED'],
  refunded: ['REFUNDED'],
  declined: ['DECLINED', 'VOIDED'],
  voided: ['VOIDED', 'EXPIRED', 'DECLINED'],
};

/** Which operations took effect for a payment in this state, sorted. */
function stepsDone({ state, authorised, refunded }: PaymentRow): string[] {
  const held = authorised > 0n ? ['AUTHORISE'] : [];
  const given = refunded > 0n ? ['REFUND'] : [];
  switch (state) {
    case 'CAPTURED':
    case 'REFUNDED':
      return ['CAPTURE', ...given, ...held].sort();
    case 'VOIDED':
      return held.length > 0 ? ['AUTHORISE', 'VOID'] : [];
    case 'AUTHORISED':
    case 'EXPIRED':
      return held;
    case 'PENDING':
    case 'UNKNOWN':
    case 'DECLINED':
      return [];
    default:
      return state satisfies never;
  }
}

function couponSteps(checkout: Checkout): string[] {
  const { order, hold } = checkout;
  const state = hold?.state ?? 'none';
  const undone = ['none', 'REJECTED', 'RETURNED'];
  const allowed =
    outcomeOf(checkout) === 'undone' || order.coupon === 'returned' ? undone : ['none', 'REDEEMED'];
  return [
    ...(allowed.includes(state) ? [] : [`its coupon is ${state}`]),
    ...(order.coupon_code !== null && outcomeOf(checkout) === 'sold' && state === 'none'
      ? [`its coupon ${order.coupon_code} is held by nobody`]
      : []),
  ];
}
