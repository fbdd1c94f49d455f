import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndReason } from './checkout-edges.ts';
import type { MessageType } from './checkout-messages.ts';
import { next } from './checkout-saga.ts';
import { begin } from './checkout-steps.ts';
import type { State } from './order-state.ts';

type Journey = {
  readonly name: string;
  readonly coupon?: true;
  readonly counter?: true;
  readonly hears: readonly MessageType[];
  readonly ends: State;
  readonly reason?: EndReason;
};

const reserved = ['StockReserved'] as const;
const confirmed = [...reserved, 'PaymentAuthorised'] as const;
const paid = [...confirmed, 'PaymentCaptured', 'StockCommitted'] as const;

// biome-ignore format: a table is read by its rows.
const journeys: readonly Journey[] = [
  { name: 'all goes well', hears: paid, ends: 'PAID' },
  { name: 'all goes well, stock committed first', hears: [...confirmed, 'StockCommitted', 'PaymentCaptured'], ends: 'PAID' },
  { name: 'over the counter', counter: true, hears: paid, ends: 'FULFILLED' },
  { name: 'over the counter, stock committed first', counter: true, hears: [...confirmed, 'StockCommitted', 'PaymentCaptured'], ends: 'FULFILLED' },
  { name: 'with a coupon, held last', coupon: true, hears: ['StockReserved', 'CouponHeld', 'PaymentAuthorised', 'StockCommitted', 'CouponRedeemed', 'PaymentCaptured'], ends: 'PAID' },
  { name: 'with a coupon, held first', coupon: true, hears: ['CouponHeld', ...paid, 'CouponRedeemed'], ends: 'PAID' },
  { name: 'a coupon is waited for', coupon: true, hears: ['StockReserved'], ends: 'PLACED' },
  { name: 'no stock', hears: ['StockRejected'], ends: 'REJECTED', reason: 'OUT_OF_STOCK' },
  { name: 'no stock, coupon held', coupon: true, hears: ['CouponHeld', 'StockRejected', 'CouponReturned'], ends: 'CANCELLED', reason: 'OUT_OF_STOCK' },
  { name: 'no stock, coupon held too late', coupon: true, hears: ['StockRejected', 'CouponHeld', 'CouponReturned'], ends: 'CANCELLED', reason: 'OUT_OF_STOCK' },
  { name: 'no stock and no coupon', coupon: true, hears: ['StockRejected', 'CouponRejected'], ends: 'CANCELLED', reason: 'OUT_OF_STOCK' },
  { name: 'no coupon, stock reserved', coupon: true, hears: ['StockReserved', 'CouponRejected', 'StockReleased'], ends: 'CANCELLED', reason: 'COUPON_UNAVAILABLE' },
  { name: 'no coupon and no stock', coupon: true, hears: ['CouponRejected', 'StockRejected'], ends: 'CANCELLED', reason: 'COUPON_UNAVAILABLE' },
  { name: 'no answer about the stock', hears: ['ReserveDeadline'], ends: 'CANCELLING', reason: 'RESERVATION_TIMEOUT' },
  { name: 'stock reserved too late', hears: ['ReserveDeadline', 'StockReserved', 'StockReleased'], ends: 'CANCELLED', reason: 'RESERVATION_TIMEOUT' },
  { name: 'stock refused too late', hears: ['ReserveDeadline', 'StockRejected', 'StockReleased'], ends: 'CANCELLED', reason: 'RESERVATION_TIMEOUT' },
  { name: 'declined', hears: [...reserved, 'PaymentDeclined', 'StockReleased'], ends: 'CANCELLED', reason: 'PAYMENT_DECLINED' },
  { name: 'declined, and the payment voids it as well', hears: [...reserved, 'PaymentDeclined', 'PaymentVoided', 'StockReleased'], ends: 'CANCELLED', reason: 'PAYMENT_DECLINED' },
  { name: 'unclear, then authorised', hears: [...reserved, 'PaymentOutcomeUnknown', 'PaymentAuthorised'], ends: 'CONFIRMED' },
  { name: 'unclear, then declined', hears: [...reserved, 'PaymentOutcomeUnknown', 'PaymentDeclined', 'StockReleased'], ends: 'CANCELLED', reason: 'PAYMENT_DECLINED' },
  { name: 'unclear until the deadline', hears: [...reserved, 'PaymentOutcomeUnknown', 'PaymentDeadline', 'StockReleased'], ends: 'CANCELLING', reason: 'PAYMENT_TIMEOUT' },
  { name: 'unclear until the deadline, charged after all', hears: [...reserved, 'PaymentOutcomeUnknown', 'PaymentDeadline', 'StockReleased', 'PaymentAuthorised', 'PaymentVoided'], ends: 'CANCELLED', reason: 'PAYMENT_TIMEOUT' },
  { name: 'authorised after the cancellation', hears: [...reserved, 'CustomerCancelled', 'PaymentAuthorised', 'StockReleased', 'PaymentVoided'], ends: 'CANCELLED', reason: 'CUSTOMER' },
  { name: 'authorised after the cancellation, not yet voided', hears: [...reserved, 'CustomerCancelled', 'PaymentAuthorised', 'StockReleased'], ends: 'CANCELLING', reason: 'CUSTOMER' },
  { name: 'capture fails', hears: [...confirmed, 'StockCommitted', 'PaymentCaptureFailed', 'StockReturned', 'PaymentVoided'], ends: 'CANCELLED', reason: 'CAPTURE_FAILED' },
  { name: 'never captured', hears: [...confirmed, 'StockCommitted', 'CaptureDeadline', 'PaymentCaptured', 'StockReturned', 'PaymentRefunded'], ends: 'CANCELLED', reason: 'PAYMENT_TIMEOUT' },
  { name: 'never committed', hears: [...confirmed, 'PaymentCaptured', 'CaptureDeadline', 'PaymentRefunded', 'StockReleased'], ends: 'CANCELLED', reason: 'RESERVATION_TIMEOUT' },
  { name: 'the reservation expires before the payment', hears: [...reserved, 'StockReleased', 'PaymentVoided'], ends: 'CANCELLED', reason: 'RESERVATION_EXPIRED' },
  { name: 'the reservation expires before it is committed', hears: [...confirmed, 'PaymentCaptured', 'StockReleased', 'PaymentRefunded'], ends: 'CANCELLED', reason: 'RESERVATION_EXPIRED' },
  { name: 'cancelled when placed', hears: ['CustomerCancelled', 'StockReleased'], ends: 'CANCELLED', reason: 'CUSTOMER' },
  { name: 'cancelled when paid', hears: [...paid, 'StaffCancelled', 'PaymentRefunded', 'StockReturned'], ends: 'CANCELLED', reason: 'STAFF' },
  { name: 'cancelled when paid, paid back only in part', hears: [...paid, 'StaffCancelled', 'PaymentRefundedInPart', 'StockReturned'], ends: 'CANCELLING', reason: 'STAFF' },
  { name: 'cancelled twice, for the first reason', hears: ['CustomerCancelled', 'StaffCancelled'], ends: 'CANCELLING', reason: 'CUSTOMER' },
  { name: 'undoing takes long and is alarmed about, not given up', hears: ['CustomerCancelled', 'CompensationDeadline', 'CompensationDeadline'], ends: 'CANCELLING', reason: 'CUSTOMER' },
  { name: 'paid back by the staff after the sale', hears: [...paid, 'PaymentRefunded'], ends: 'PAID' },
  { name: 'paid back by the staff, then cancelled', hears: [...paid, 'PaymentRefunded', 'StaffCancelled', 'StockReturned'], ends: 'CANCELLED', reason: 'STAFF' },
];

for (const { name, coupon, counter, hears, ends, reason } of journeys) {
  test(`${ends}: ${name}`, () => {
    let saga = begin({ method: counter ? 'COUNTER' : 'DELIVERY', coupon: coupon ?? false });
    let why: EndReason | undefined;
    for (const message of hears) {
      const step = next(saga, message);
      if (step.kind === 'edge') {
        saga = step.saga;
        why ??= step.edge.reason;
      }
    }
    assert.deepEqual([saga.state, why], [ends, reason]);
  });
}

test('goods that have left are not cancelled', () => {
  const delivering = {
    ...begin({ method: 'DELIVERY', coupon: false }),
    state: 'PAID',
    shipped: true,
  } as const;
  assert.deepEqual(next(delivering, 'CustomerCancelled'), { kind: 'ignored', why: 'final' });
});
