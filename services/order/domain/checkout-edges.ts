import type { MessageType } from './checkout-messages.ts';
import type { Coupon, Method, Participants, Payment, Stock } from './checkout-steps.ts';
import type { FactType, State } from './order-state.ts';

/** Why an order was rejected or cancelled. */
export type EndReason =
  | 'OUT_OF_STOCK'
  | 'COUPON_UNAVAILABLE'
  | 'PAYMENT_DECLINED'
  | 'CAPTURE_FAILED'
  | 'RESERVATION_TIMEOUT'
  | 'PAYMENT_TIMEOUT'
  | 'CUSTOMER'
  | 'STAFF'
  | 'RESERVATION_EXPIRED';

/** When an edge is taken. `rest` speaks of the participants that the guard doesn't name. */
export type Guard = {
  readonly stock?: readonly Stock[];
  readonly payment?: readonly Payment[];
  readonly coupon?: readonly Coupon[];
  readonly method?: Method;
  readonly shipped?: boolean;
  readonly rest?: 'settled' | 'awaited';
};

/**
 * An edge of the checkout. `set` is what the message tells of its sender. An edge that states
 * OrderCancellationStarted also puts every participant that isn't in `set` to undoing. Without `to` the state stays.
 */
export type Edge = {
  readonly name: string;
  readonly from: readonly State[];
  readonly on: MessageType;
  readonly when: Guard;
  readonly set: Partial<Participants>;
  readonly to?: State;
  readonly facts: readonly FactType[];
  readonly reason?: EndReason;
};

/** All that can happen in a checkout. At most one edge fits a saga and a message; where none does, `notTaken` says why. */
// biome-ignore format: a table is read by its rows.
export const edges: readonly Edge[] = [
  // Reserving: the stock and, with a coupon, the coupon.
  { name: 'stock reserved, coupon awaited', from: ['PLACED'], on: 'StockReserved', when: { stock: ['pending'], coupon: ['pending'] }, set: { stock: 'reserved' }, facts: [] },
  { name: 'stock reserved', from: ['PLACED'], on: 'StockReserved', when: { stock: ['pending'], coupon: ['none', 'held'] }, set: { stock: 'reserved', payment: 'requested' }, to: 'STOCK_RESERVED', facts: ['PaymentRequested'] },
  { name: 'coupon held, stock awaited', from: ['PLACED'], on: 'CouponHeld', when: { coupon: ['pending'], stock: ['pending'] }, set: { coupon: 'held' }, facts: [] },
  { name: 'coupon held', from: ['PLACED'], on: 'CouponHeld', when: { coupon: ['pending'], stock: ['reserved'] }, set: { coupon: 'held', payment: 'requested' }, to: 'STOCK_RESERVED', facts: ['PaymentRequested'] },
  { name: 'no stock', from: ['PLACED'], on: 'StockRejected', when: { stock: ['pending'], coupon: ['none'] }, set: { stock: 'rejected' }, to: 'REJECTED', facts: ['OrderRejected'], reason: 'OUT_OF_STOCK' },
  { name: 'no stock, coupon to give back', from: ['PLACED'], on: 'StockRejected', when: { stock: ['pending'], coupon: ['pending', 'held'] }, set: { stock: 'rejected' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'OUT_OF_STOCK' },
  { name: 'no coupon', from: ['PLACED'], on: 'CouponRejected', when: { coupon: ['pending'] }, set: { coupon: 'rejected' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'COUPON_UNAVAILABLE' },
  { name: 'nothing reserved in time', from: ['PLACED'], on: 'ReserveDeadline', when: {}, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'RESERVATION_TIMEOUT' },

  // Paying.
  { name: 'payment authorised', from: ['STOCK_RESERVED'], on: 'PaymentAuthorised', when: { payment: ['requested', 'unknown'] }, set: { payment: 'authorised' }, to: 'CONFIRMED', facts: ['OrderConfirmed'] },
  { name: 'payment unclear', from: ['STOCK_RESERVED'], on: 'PaymentOutcomeUnknown', when: { payment: ['requested'] }, set: { payment: 'unknown' }, facts: [] },
  { name: 'payment declined', from: ['STOCK_RESERVED'], on: 'PaymentDeclined', when: { payment: ['requested', 'unknown'] }, set: { payment: 'declined' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'PAYMENT_DECLINED' },
  { name: 'payment given up', from: ['STOCK_RESERVED'], on: 'PaymentVoided', when: { payment: ['requested', 'unknown'] }, set: { payment: 'voided' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'PAYMENT_DECLINED' },
  { name: 'payment not answered in time', from: ['STOCK_RESERVED'], on: 'PaymentDeadline', when: {}, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'PAYMENT_TIMEOUT' },

  // Completing: the money is captured and the stock committed, in either order.
  { name: 'captured, stock awaited', from: ['CONFIRMED'], on: 'PaymentCaptured', when: { payment: ['authorised'], stock: ['reserved'] }, set: { payment: 'captured' }, facts: [] },
  { name: 'committed, capture awaited', from: ['CONFIRMED'], on: 'StockCommitted', when: { stock: ['reserved'], payment: ['authorised'] }, set: { stock: 'committed' }, facts: [] },
  { name: 'captured, to be delivered', from: ['CONFIRMED'], on: 'PaymentCaptured', when: { payment: ['authorised'], stock: ['committed'], method: 'DELIVERY' }, set: { payment: 'captured' }, to: 'PAID', facts: ['OrderPaid'] },
  { name: 'captured at the counter', from: ['CONFIRMED'], on: 'PaymentCaptured', when: { payment: ['authorised'], stock: ['committed'], method: 'COUNTER' }, set: { payment: 'captured' }, to: 'FULFILLED', facts: ['OrderPaid', 'OrderFulfilled'] },
  { name: 'committed, to be delivered', from: ['CONFIRMED'], on: 'StockCommitted', when: { stock: ['reserved'], payment: ['captured'], method: 'DELIVERY' }, set: { stock: 'committed' }, to: 'PAID', facts: ['OrderPaid'] },
  { name: 'committed at the counter', from: ['CONFIRMED'], on: 'StockCommitted', when: { stock: ['reserved'], payment: ['captured'], method: 'COUNTER' }, set: { stock: 'committed' }, to: 'FULFILLED', facts: ['OrderPaid', 'OrderFulfilled'] },
  { name: 'coupon redeemed', from: ['CONFIRMED', 'PAID', 'FULFILLED'], on: 'CouponRedeemed', when: { coupon: ['held'] }, set: { coupon: 'redeemed' }, facts: [] },
  { name: 'capture failed', from: ['CONFIRMED'], on: 'PaymentCaptureFailed', when: { payment: ['authorised'] }, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'CAPTURE_FAILED' },
  { name: 'not captured in time', from: ['CONFIRMED'], on: 'CaptureDeadline', when: { payment: ['authorised'] }, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'PAYMENT_TIMEOUT' },
  { name: 'not committed in time', from: ['CONFIRMED'], on: 'CaptureDeadline', when: { payment: ['captured'] }, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'RESERVATION_TIMEOUT' },

  // What was held is lost on the way.
  { name: 'reservation lost, nothing else held', from: ['PLACED'], on: 'StockReleased', when: { stock: ['pending'], coupon: ['none'] }, set: { stock: 'released' }, to: 'REJECTED', facts: ['OrderRejected'], reason: 'RESERVATION_EXPIRED' },
  { name: 'reservation lost, coupon to give back', from: ['PLACED'], on: 'StockReleased', when: { stock: ['pending', 'reserved'], coupon: ['pending', 'held'] }, set: { stock: 'released' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'RESERVATION_EXPIRED' },
  { name: 'reservation lost, payment to undo', from: ['STOCK_RESERVED', 'CONFIRMED'], on: 'StockReleased', when: { stock: ['reserved'] }, set: { stock: 'released' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'RESERVATION_EXPIRED' },
  { name: 'coupon lost', from: ['PLACED', 'STOCK_RESERVED', 'CONFIRMED'], on: 'CouponReturned', when: { coupon: ['pending', 'held'] }, set: { coupon: 'returned' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'COUPON_UNAVAILABLE' },
  { name: 'coupon refused at redemption', from: ['STOCK_RESERVED', 'CONFIRMED'], on: 'CouponRejected', when: { coupon: ['held'] }, set: { coupon: 'rejected' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'COUPON_UNAVAILABLE' },
  { name: 'hold on the card lost', from: ['CONFIRMED'], on: 'PaymentVoided', when: { payment: ['authorised'] }, set: { payment: 'voided' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'CAPTURE_FAILED' },
  { name: 'paid back before the sale was done', from: ['CONFIRMED'], on: 'PaymentRefunded', when: { payment: ['authorised', 'captured'] }, set: { payment: 'refunded' }, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'STAFF' },
  { name: 'paid back after the sale', from: ['PAID', 'FULFILLED'], on: 'PaymentRefunded', when: { payment: ['captured'] }, set: { payment: 'refunded' }, facts: [] },
  { name: 'coupon back after the sale', from: ['PAID', 'FULFILLED'], on: 'CouponReturned', when: { coupon: ['held', 'redeemed'] }, set: { coupon: 'returned' }, facts: [] },

  // Somebody cancels.
  { name: 'the customer cancels', from: ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID'], on: 'CustomerCancelled', when: { shipped: false }, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'CUSTOMER' },
  { name: 'the staff cancels', from: ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID'], on: 'StaffCancelled', when: { shipped: false }, set: {}, to: 'CANCELLING', facts: ['OrderCancellationStarted'], reason: 'STAFF' },

  // Undoing: whatever is or may be held has to answer; the last answer ends it.
  { name: 'stock released, more awaited', from: ['CANCELLING'], on: 'StockReleased', when: { stock: ['releasing'], rest: 'awaited' }, set: { stock: 'released' }, facts: [] },
  { name: 'stock released, undone', from: ['CANCELLING'], on: 'StockReleased', when: { stock: ['releasing'], rest: 'settled' }, set: { stock: 'released' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'stock taken back, more awaited', from: ['CANCELLING'], on: 'StockReturned', when: { stock: ['releasing'], rest: 'awaited' }, set: { stock: 'returned' }, facts: [] },
  { name: 'stock taken back, undone', from: ['CANCELLING'], on: 'StockReturned', when: { stock: ['releasing'], rest: 'settled' }, set: { stock: 'returned' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'stock never reserved, more awaited', from: ['CANCELLING'], on: 'StockRejected', when: { stock: ['releasing'], rest: 'awaited' }, set: { stock: 'rejected' }, facts: [] },
  { name: 'stock never reserved, undone', from: ['CANCELLING'], on: 'StockRejected', when: { stock: ['releasing'], rest: 'settled' }, set: { stock: 'rejected' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'payment voided, more awaited', from: ['CANCELLING'], on: 'PaymentVoided', when: { payment: ['undoing'], rest: 'awaited' }, set: { payment: 'voided' }, facts: [] },
  { name: 'payment voided, undone', from: ['CANCELLING'], on: 'PaymentVoided', when: { payment: ['undoing'], rest: 'settled' }, set: { payment: 'voided' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'money paid back, more awaited', from: ['CANCELLING'], on: 'PaymentRefunded', when: { payment: ['undoing'], rest: 'awaited' }, set: { payment: 'refunded' }, facts: [] },
  { name: 'money paid back, undone', from: ['CANCELLING'], on: 'PaymentRefunded', when: { payment: ['undoing'], rest: 'settled' }, set: { payment: 'refunded' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'payment never made, more awaited', from: ['CANCELLING'], on: 'PaymentDeclined', when: { payment: ['undoing'], rest: 'awaited' }, set: { payment: 'declined' }, facts: [] },
  { name: 'payment never made, undone', from: ['CANCELLING'], on: 'PaymentDeclined', when: { payment: ['undoing'], rest: 'settled' }, set: { payment: 'declined' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'coupon given back, more awaited', from: ['CANCELLING'], on: 'CouponReturned', when: { coupon: ['returning'], rest: 'awaited' }, set: { coupon: 'returned' }, facts: [] },
  { name: 'coupon given back, undone', from: ['CANCELLING'], on: 'CouponReturned', when: { coupon: ['returning'], rest: 'settled' }, set: { coupon: 'returned' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'coupon never held, more awaited', from: ['CANCELLING'], on: 'CouponRejected', when: { coupon: ['returning'], rest: 'awaited' }, set: { coupon: 'rejected' }, facts: [] },
  { name: 'coupon never held, undone', from: ['CANCELLING'], on: 'CouponRejected', when: { coupon: ['returning'], rest: 'settled' }, set: { coupon: 'rejected' }, to: 'CANCELLED', facts: ['OrderCancelled'] },
  { name: 'undoing takes too long', from: ['CANCELLING'], on: 'CompensationDeadline', when: {}, set: {}, facts: [] },
];
