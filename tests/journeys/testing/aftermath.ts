import assert from 'node:assert/strict';
import { Code, ConnectError } from '@connectrpc/connect';
import { Reservation_StateSchema } from '#gen/shopverse/inventory/v1/inventory_pb.ts';
import { EndReasonSchema, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { type Payment, Payment_StateSchema } from '#gen/shopverse/payment/v1/payment_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { PATIENCE_MS, stateName } from './checkout.ts';
import type { Staff } from './staff.ts';

/** What everybody has to say of an order in the end. Amounts are cents, or the parts that the test left open. */
export type Aftermath = {
  /** Such as `CANCELLED PAYMENT_DECLINED`, or only the state where there is no reason to tell. */
  readonly order: string;
  /** The reservation's state, and `NONE` where there never was one. */
  readonly reservation: string;
  /** On hand and reserved of the first line's SKU. */
  readonly stock: readonly [onHand: bigint, reserved: bigint];
  /** The payment's state, what was captured and what was paid back; `NONE` where none was ever asked for. */
  readonly payment: string;
  /** Of the order's coupon: held and redeemed. */
  readonly coupon?: readonly [held: number, redeemed: number];
};

/** What is expected of an order: exactly, by a pattern where the outcome may differ, or not at all. */
export type Expected = { readonly [K in keyof Aftermath]?: Aftermath[K] | RegExp };

/**
 * Waits until the order has come to what is expected, as far as that is told, and fails with the difference when it
 * doesn't.
 */
export async function assertAftermath(staff: Staff, orderId: string, expected: Expected): Promise<void> {
  const asked = Object.keys(expected) as (keyof Aftermath)[];
  const asExpected = async () => {
    const found = await aftermathOf(staff, orderId);
    const compared = asked.map((key) => [
      key,
      matches(found[key], expected[key]) ? expected[key] : found[key],
    ]);
    assert.deepEqual(Object.fromEntries(compared), expected);
    return true;
  };
  try {
    await waitFor('the aftermath', asExpected, PATIENCE_MS);
  } catch (error) {
    throw (error as Error).cause ?? error;
  }
  await assertBooks(staff, orderId);
}

function matches(found: unknown, expected: unknown): boolean {
  return expected instanceof RegExp && typeof found === 'string' && expected.test(found);
}

/** What the staff sees of an order now. */
export async function aftermathOf(staff: Staff, orderId: string): Promise<Aftermath> {
  const { order } = await staff.orders.getOrder({ orderId });
  const [reservation, payment, { stocks }, coupon] = await Promise.all([
    reservationOf(staff, orderId),
    paymentOf(staff, orderId),
    staff.stock.getStock({ sku: order?.lines[0]?.sku ?? '' }).catch(none({ stocks: [] })),
    order?.couponCode ? staff.coupons.getCoupon({ code: order.couponCode }) : undefined,
  ]);
  const reason = EndReasonSchema.value[order?.endReason ?? 0]?.localName ?? '';
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  return {
    order: reason === 'UNSPECIFIED' ? stateName(order) : `${stateName(order)} ${reason}`,
    reservation,
    stock: [sum(stocks.map(({ onHand }) => onHand)), sum(stocks.map(({ reserved }) => reserved))],
    payment: payment === undefined ? 'NONE' : paymentName(payment),
    ...(coupon?.coupon && { coupon: [coupon.coupon.heldCount, coupon.coupon.redeemedCount] as const }),
  };
}

/** The order's payment, as the support sees it. */
export async function paymentOf(staff: Staff, orderId: string): Promise<Payment | undefined> {
  const { payments } = await staff.payments.listPayments({ orderId });
  assert.ok(payments.length <= 1, 'an order has one payment at most');
  const paymentId = payments[0]?.paymentId;
  return paymentId === undefined ? undefined : (await staff.payments.getPayment({ paymentId })).payment;
}

/** Such as `CAPTURED 2499 0`. */
function paymentName({ state, captured, refunded }: Payment): string {
  const name = Payment_StateSchema.value[state]?.localName ?? '';
  return `${name} ${captured?.minorUnits ?? 0n} ${refunded?.minorUnits ?? 0n}`;
}

async function reservationOf(staff: Staff, orderId: string): Promise<string> {
  const { reservation } = await staff.reservations
    .getReservation({ orderId })
    .catch(none({ reservation: undefined }));
  return reservation === undefined
    ? 'NONE'
    : (Reservation_StateSchema.value[reservation.state]?.localName ?? '');
}

/** I-17 I-20 I-22: what was paid is what the order comes to, and the ledger's transactions sum to nothing. */
async function assertBooks(staff: Staff, orderId: string): Promise<void> {
  const { order } = await staff.orders.getOrder({ orderId });
  const payment = await paymentOf(staff, orderId);
  if (payment === undefined) return;
  const [amount, captured, refunded] = [payment.amount, payment.captured, payment.refunded].map(
    (money) => money?.minorUnits ?? 0n,
  ) as [bigint, bigint, bigint];
  assert.equal(amount, order?.total?.minorUnits, 'I-17 the payment is of the order’s total');
  assert.ok(0n <= refunded && refunded <= captured && captured <= amount, 'I-22');
  if (order?.state === Order_State.CANCELLED) assert.equal(captured - refunded, 0n, 'I-15');
  if (order?.state === Order_State.PAID) assert.equal(captured, amount, 'I-14');
  const { entries } = await staff.payments.listLedgerEntries({
    paymentId: payment.paymentId,
    pageSize: 200,
  });
  for (const [transaction, postings] of Map.groupBy(entries, (entry) => entry.transactionId)) {
    const total = postings.reduce((sum, posting) => sum + (posting.amount?.minorUnits ?? 0n), 0n);
    assert.equal(total, 0n, `I-20 the postings of ${transaction}`);
  }
  if (captured > 0n) assert.ok(entries.length > 0, 'money that was taken is in the ledger');
}

/** Answers so where there is no such thing. */
function none<R>(answer: R): (error: unknown) => R {
  return (error) => {
    if (ConnectError.from(error).code !== Code.NotFound) throw error;
    return answer;
  };
}
