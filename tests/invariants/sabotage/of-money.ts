import { idOf } from '../testing/facts-stated.ts';
import * as told from '../testing/sound-facts.ts';
import { rowOf, rowsOf } from '../testing/sound-shop.ts';
import type { Sabotage } from './sabotage.ts';

const ofSold = { payment_id: told.sold.payment };

/** Damage to payments, the ledger, the provider's word and coupons. */
export const moneySabotages: readonly Sabotage[] = [
  {
    id: 'I-20',
    what: 'a posting is off by a cent',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'payment', 'ledger_entry', { ...ofSold, account: 'REVENUE' }), {
        amount: -899,
      }),
    says: /sums to 1 USD/,
  },
  {
    id: 'I-20',
    what: 'a whole transaction is missing',
    damage: (shop) => {
      const gone = idOf(`transaction 2 of ${told.sold.payment}`);
      const rows = rowsOf(shop, 'payment', 'ledger_entry');
      rows.splice(0, rows.length, ...rows.filter(({ transaction_id }) => transaction_id !== gone));
    },
    says: /has taken 900 and paid back 0; its ledger says 0 and 0, and 900 held/,
  },
  {
    id: 'I-21',
    what: 'the service may change what is posted',
    damage: (shop) =>
      shop.statements.push({ at: 'payment', sql: 'grant update on pg_temp.ledger_entry to payment' }),
    says: /the role payment has UPDATE/,
  },
  {
    id: 'I-22',
    what: 'more is captured than was held',
    damage: (shop) => Object.assign(rowOf(shop, 'payment', 'payment', ofSold), { captured: 901 }),
    says: /captured 901, authorised 900/,
  },
  {
    id: 'I-23',
    what: 'the provider took money twice, under another key',
    damage: (shop) =>
      shop.provider.push({
        key: `${idOf('x')}:capture`,
        operation: 'capture',
        amount: 9,
        currency: 'USD',
        outcome: 'succeeded',
      }),
    says: /by the provider, not by the payments: .*:capture CAPTURE 9 USD/,
  },
  {
    id: 'I-23',
    what: 'the shop believes in a refund that the provider never made',
    damage: (shop) => shop.provider.splice(-2, 1),
    says: /by the payments, not by the provider: .*:refund REFUND 150 USD/,
  },
  {
    id: 'I-24',
    what: 'a payment stays UNKNOWN',
    damage: (shop) => Object.assign(rowOf(shop, 'payment', 'payment', ofSold), { state: 'UNKNOWN' }),
    says: /is UNKNOWN since/,
  },
  {
    id: 'I-25',
    what: 'a hold is captured, and then voided too',
    damage: (shop) =>
      rowsOf(shop, 'payment', 'attempt').push({
        ...rowOf(shop, 'payment', 'attempt', { ...ofSold, operation: 'CAPTURE' }),
        operation: 'VOID',
        position: 3,
      }),
    says: /CAPTURE and VOID/,
  },
  {
    id: 'I-27',
    what: 'a coupon is used oftener than it may be',
    damage: (shop) => Object.assign(rowOf(shop, 'cart', 'coupon', { code: 'TEN' }), { held_count: 2 }),
    says: /2 held and 1 redeemed of 2/,
  },
  {
    id: 'I-27',
    what: 'a user has a coupon twice',
    damage: (shop) =>
      rowsOf(shop, 'cart', 'coupon_hold').push({
        ...rowOf(shop, 'cart', 'coupon_hold', { code: 'TEN' }),
        order_id: told.cancelled.order,
        state: 'HELD',
      }),
    says: /uses coupon TEN 2 times, of 1 allowed/,
  },
  {
    id: 'I-29',
    what: 'a payment is in another currency than its order',
    damage: (shop) => Object.assign(rowOf(shop, 'payment', 'payment', ofSold), { currency: 'EUR' }),
    says: /is in USD, its payment in EUR/,
  },
  {
    id: 'I-29',
    what: 'a table has a column for fractions of cents',
    damage: (shop) =>
      shop.statements.push({ at: 'payment', sql: 'alter table pg_temp.payment add column fee numeric' }),
    says: /payment: payment.fee is numeric/,
  },
];
