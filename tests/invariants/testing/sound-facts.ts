import type { Entry } from '../../../local/replay/journal.ts';
import { idOf, type Stated, someTime, stated } from './facts-stated.ts';

/** Orders of the sound shop, by what became of them, with their payments. */
export const sold = { order: idOf('sold'), payment: idOf('payment of sold'), total: 900n };
export const cancelled = { order: idOf('cancelled'), payment: idOf('payment of cancelled'), total: 400n };
export const refused = { order: idOf('refused'), total: 700n };
export const paidBack = { order: idOf('paid back'), payment: idOf('payment of paid back'), total: 150n };

/** Who ordered all of it. */
export const user = idOf('the user');
export const email = 'ada.lovelace@example.org';

/** The lines of each order, amounts in minor units. */
export const lines = {
  sold: [line('A', 2, 150n), line('A', 1, 150n, 50n), line('B', 1, 600n)],
  cancelled: [line('C', 1, 400n)],
  refused: [line('D', 1, 700n)],
  paidBack: [line('A', 1, 150n)],
} as const;

/** A line of an order, in minor units. */
export type Line = {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: bigint;
  readonly discount: bigint;
  readonly amount: bigint;
};

function line(sku: string, quantity: number, unitPrice: bigint, discount = 0n): Line {
  return { sku, quantity, unitPrice, discount, amount: BigInt(quantity) * unitPrice - discount };
}

/** Every fact of the sound shop. */
export function allFacts(): Stated[] {
  return [...ofOrders(), ...ofStock(), ...ofPayments(), ...ofCoupon(), ...ofUser()];
}

function ofOrders(): Stated[] {
  const placed = (orderId: string, total: bigint, those: readonly Line[]) =>
    ({
      case: 'placed',
      value: {
        orderId,
        userId: user,
        total: usd(total),
        discount: usd(those.reduce((sum, { amount }) => sum + amount, 0n) - total),
        lines: those.map(({ sku, quantity, unitPrice, discount, amount }) => ({
          sku,
          categoryPath: [sku === 'B' ? 'MEAT' : 'GROCERY'],
          quantity,
          unitPrice: usd(unitPrice),
          discount: usd(discount),
          amount: usd(amount),
        })),
      },
    }) as const;
  const requested = ({ order, payment, total }: typeof sold) =>
    ({
      case: 'paymentRequested',
      value: { orderId: order, paymentId: payment, amount: usd(total) },
    }) as const;
  const confirmed = ({ order, payment, total }: typeof sold) =>
    ({ case: 'confirmed', value: { orderId: order, paymentId: payment, total: usd(total) } }) as const;
  const paid = ({ order, payment, total }: typeof sold) =>
    ({ case: 'paid', value: { orderId: order, paymentId: payment, total: usd(total) } }) as const;
  const undone = (orderId: string) =>
    [
      { case: 'cancellationStarted', value: { orderId } },
      { case: 'cancelled', value: { orderId } },
    ] as const;
  const fulfilled = { case: 'fulfilled', value: { orderId: sold.order } } as const;
  const rejected = { case: 'rejected', value: { orderId: refused.order } } as const;
  return [
    ...stated(
      'order',
      sold.order,
      placed(sold.order, sold.total, lines.sold),
      requested(sold),
      confirmed(sold),
      paid(sold),
      fulfilled,
    ),
    ...stated(
      'order',
      cancelled.order,
      placed(cancelled.order, cancelled.total, lines.cancelled),
      requested(cancelled),
      confirmed(cancelled),
      ...undone(cancelled.order),
    ),
    ...stated('order', refused.order, placed(refused.order, refused.total, lines.refused), rejected),
    ...stated(
      'order',
      paidBack.order,
      placed(paidBack.order, paidBack.total, lines.paidBack),
      requested(paidBack),
      confirmed(paidBack),
      paid(paidBack),
      ...undone(paidBack.order),
    ),
  ];
}

function ofStock(): Stated[] {
  const held = (orderId: string) => ({ case: 'reserved', value: { orderId } }) as const;
  const shortage = { sku: 'D', requested: 1n, available: 0n };
  return [
    ...['A', 'B', 'C'].flatMap((sku) => stated('inventory', sku, { case: 'received', value: { sku } })),
    ...stated('inventory', sold.order, held(sold.order), {
      case: 'committed',
      value: { orderId: sold.order },
    }),
    ...stated('inventory', cancelled.order, held(cancelled.order), {
      case: 'released',
      value: { orderId: cancelled.order },
    }),
    ...stated('inventory', refused.order, {
      case: 'rejected',
      value: { orderId: refused.order, shortages: [shortage] },
    }),
    ...stated(
      'inventory',
      paidBack.order,
      held(paidBack.order),
      { case: 'committed', value: { orderId: paidBack.order } },
      { case: 'returned', value: { orderId: paidBack.order } },
    ),
  ];
}

function ofPayments(): Stated[] {
  const ids = ({ order, payment }: typeof sold) => ({ orderId: order, paymentId: payment });
  const authorised = (of: typeof sold) =>
    ({ case: 'authorised', value: { ...ids(of), amount: usd(of.total) } }) as const;
  const captured = (of: typeof sold) =>
    ({ case: 'captured', value: { ...ids(of), captured: usd(of.total) } }) as const;
  const all = usd(paidBack.total);
  return [
    ...stated('payment', sold.payment, authorised(sold), captured(sold)),
    ...stated('payment', cancelled.payment, authorised(cancelled), { case: 'voided', value: ids(cancelled) }),
    ...stated('payment', paidBack.payment, authorised(paidBack), captured(paidBack), {
      case: 'refunded',
      value: { ...ids(paidBack), amount: all, refunded: all, captured: all },
    }),
  ];
}

function ofCoupon(): Stated[] {
  const value = { orderId: sold.order, code: 'TEN' };
  return stated('cart', sold.order, { case: 'couponHeld', value }, { case: 'couponRedeemed', value });
}

function ofUser(): Stated[] {
  return stated('user', user, { case: 'registered', value: { userId: user } });
}

/** What the replaying client was told: one basket sold, one undone, one refused, one of which nobody knows. */
export function replay(): Entry[] {
  const invoke = (basketId: string, total: bigint) =>
    ({
      time: someTime,
      basketId,
      kind: 'invoke',
      requestId: idOf(`request ${basketId}`),
      total: Number(total),
    }) as const;
  return [
    invoke('1', sold.total),
    { time: someTime, basketId: '1', kind: 'ok', orderId: sold.order },
    { time: someTime, basketId: '1', kind: 'settled', orderId: sold.order, state: 'FULFILLED' },
    invoke('2', cancelled.total),
    { time: someTime, basketId: '2', kind: 'ok', orderId: cancelled.order },
    invoke('3', 10n),
    { time: someTime, basketId: '3', kind: 'fail', reason: 'refused' },
    invoke('4', 10n),
    { time: someTime, basketId: '4', kind: 'info', reason: 'timed out' },
  ];
}

function usd(minorUnits: bigint) {
  return { currencyCode: 'USD', minorUnits };
}
