import { idOf } from '../testing/facts-stated.ts';
import * as told from '../testing/sound-facts.ts';
import { rowOf, rowsOf, type Shop } from '../testing/sound-shop.ts';
import type { Sabotage } from './sabotage.ts';

const order = (shop: Shop, of: { order: string }) => rowOf(shop, 'order', 'orders', { order_id: of.order });
const payment = (shop: Shop, of: { order: string }) =>
  rowOf(shop, 'payment', 'payment', { order_id: of.order });
const reservation = (shop: Shop, of: { order: string }) =>
  rowOf(shop, 'inventory', 'reservation', { order_id: of.order });

/** Damage to orders, and to what others have for them. */
export const orderSabotages: readonly Sabotage[] = [
  {
    id: 'I-10',
    what: 'an order that a client was told of is gone',
    damage: (shop) => rowsOf(shop, 'order', 'orders').splice(1, 1),
    says: /basket 2 was accepted as .*, which isn't there/,
  },
  {
    id: 'I-10',
    what: 'a refused basket became an order all the same',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'order', 'idempotency', { request_id: idOf('request other') }), {
        request_id: idOf('request 3'),
      }),
    says: /basket 3 was refused, and there is order/,
  },
  {
    id: 'I-11',
    what: 'a repeat of a request made a second order',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'order', 'idempotency', { request_id: idOf('request other') }), {
        request_id: idOf('request 1'),
      }),
    says: /has 2 answers under key/,
  },
  {
    id: 'I-11',
    what: 'the same order is answered under two keys',
    damage: (shop) =>
      rowsOf(shop, 'order', 'idempotency').push({
        ...rowOf(shop, 'order', 'idempotency', { request_id: idOf('request 1') }),
        request_id: idOf('request 9'),
      }),
    says: /was answered under 2 keys/,
  },
  {
    id: 'I-12',
    what: 'an order waits for ever',
    damage: (shop) => Object.assign(order(shop, told.cancelled), { state: 'CANCELLING' }),
    says: /is CANCELLING since/,
  },
  {
    id: 'I-12',
    what: 'a deadline passed and nobody acted on it',
    damage: (shop) =>
      Object.assign(order(shop, told.sold), {
        deadline_kind: 'CaptureDeadline',
        deadline_time: new Date(Date.now() - 90_000).toISOString(),
      }),
    says: /and its CaptureDeadline passed \d+ s ago/,
  },
  {
    id: 'I-12',
    what: 'a history skips a state',
    damage: (shop) => rowsOf(shop, 'order', 'order_history').splice(2, 1),
    says: /has the history PLACED STOCK_RESERVED PAID FULFILLED/,
  },
  {
    id: 'I-14',
    what: 'a sold order was paid too little',
    damage: (shop) => Object.assign(payment(shop, told.sold), { captured: 899 }),
    says: /is FULFILLED, of 900 paid 899/,
  },
  {
    id: 'I-14',
    what: 'a sold order’s stock was given back',
    damage: (shop) => Object.assign(reservation(shop, told.sold), { state: 'EXPIRED' }),
    says: /is FULFILLED, its reservation EXPIRED/,
  },
  {
    id: 'I-15',
    what: 'a cancelled order’s money is kept',
    damage: (shop) => Object.assign(payment(shop, told.paidBack), { refunded: 0 }),
    says: /is CANCELLED, and 150 of its money are kept/,
  },
  {
    id: 'I-15',
    what: 'a cancelled order still holds an amount on a card',
    damage: (shop) => Object.assign(payment(shop, told.cancelled), { state: 'AUTHORISED' }),
    says: /is CANCELLED, its payment AUTHORISED/,
  },
  {
    id: 'I-15',
    what: 'a cancelled order used its coupon up',
    damage: (shop) => Object.assign(order(shop, told.sold), { state: 'CANCELLED' }),
    says: /is CANCELLED, its coupon REDEEMED/,
  },
  {
    id: 'I-16',
    what: 'an order’s stock came back and was sold too',
    damage: (shop) => Object.assign(reservation(shop, told.sold), { state: 'RELEASED' }),
    says: /its reservation is RELEASED with 2 lines, 2 sold/,
  },
  {
    id: 'I-16',
    what: 'a payment was captured and voided',
    damage: (shop) =>
      Object.assign(
        rowOf(shop, 'payment', 'attempt', { payment_id: told.paidBack.payment, operation: 'REFUND' }),
        {
          operation: 'VOID',
        },
      ),
    says: /its payment is REFUNDED, and what was done is AUTHORISE CAPTURE VOID/,
  },
  {
    id: 'I-16',
    what: 'there is a payment for no order',
    damage: (shop) => Object.assign(payment(shop, told.sold), { order_id: idOf('nothing') }),
    says: /which is no order/,
  },
  {
    id: 'I-17',
    what: 'a total isn’t that of its lines',
    damage: (shop) => Object.assign(order(shop, told.cancelled), { subtotal: 401, total: 401 }),
    says: /the lines sum to 400, the subtotal is 401/,
  },
  {
    id: 'I-17',
    what: 'a payment is over another amount than its order',
    damage: (shop) => Object.assign(payment(shop, told.cancelled), { amount: 399 }),
    says: /USD 400, by payment USD 399/,
  },
  {
    id: 'I-17',
    what: 'a line was changed after it was placed',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'order', 'order_line', { order_id: told.sold.order, number: 1 }), {
        quantity: 1,
        unit_price: 300,
      }),
    says: /lines in the order, not in OrderPlaced/,
  },
  {
    id: 'I-17',
    what: 'ClickHouse has a cent less',
    damage: (shop) => Object.assign(shop.saleLines[0] ?? {}, { amount: 269 }),
    says: /USD 900, by ClickHouse USD 899/,
  },
];
