import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halfDone, leftOver, unpaid } from './outcomes.ts';
import { otherTotals } from './totals.ts';
import type { Checkout } from './world/checkouts.ts';

const sold: Checkout = {
  order: {
    order_id: 'o',
    state: 'PAID',
    stock: 'committed',
    payment: 'captured',
    coupon: 'none',
    currency: 'USD',
    total: 100n,
    refunded: 0n,
    payment_id: 'p',
    coupon_code: null,
    version: 4n,
  },
  payment: {
    payment_id: 'p',
    order_id: 'o',
    state: 'CAPTURED',
    currency: 'USD',
    amount: 100n,
    authorised: 100n,
    captured: 100n,
    refunded: 0n,
    done: 'AUTHORISE CAPTURE',
  },
  reservation: { order_id: 'o', state: 'COMMITTED', lines: 2, sold: 2, returned: 0 },
  hold: undefined,
};

const undone: Checkout = {
  order: { ...sold.order, state: 'CANCELLED', stock: 'returned', payment: 'refunded' },
  payment: sold.payment && {
    ...sold.payment,
    state: 'REFUNDED',
    refunded: 100n,
    done: 'AUTHORISE CAPTURE REFUND',
  },
  reservation: sold.reservation && { ...sold.reservation, state: 'RETURNED', returned: 2 },
  hold: { order_id: 'o', state: 'RETURNED' },
};

/** The checkout with some of its parts' values changed. */
function but(checkout: Checkout, change: { [P in keyof Checkout]?: Partial<Checkout[P]> }): Checkout {
  const changed = { ...checkout };
  for (const [part, values] of Object.entries(change)) {
    Object.assign(changed, { [part]: { ...changed[part as keyof Checkout], ...values } });
  }
  return changed;
}

test('I-14, I-15, I-16 hold for what is sold and for what is undone', () => {
  for (const checkout of [sold, undone]) {
    assert.deepEqual([...unpaid(checkout), ...leftOver(checkout), ...halfDone(checkout)], []);
  }
});

test('I-14 is seen to fail', () => {
  assert.match(unpaid(but(sold, { payment: { captured: 99n } })).join(), /of 100 paid 99/);
  assert.match(unpaid({ ...sold, payment: undefined }).join(), /of 100 paid nothing/);
  assert.match(unpaid({ ...sold, reservation: undefined }).join(), /its reservation missing/);
  assert.match(
    unpaid(but(sold, { order: { state: 'CONFIRMED' }, payment: { authorised: 9n } })).join(),
    /of 100 paid 9/,
  );
});

test('I-15 is seen to fail', () => {
  assert.match(leftOver(but(undone, { payment: { refunded: 1n } })).join(), /99 of its money are kept/);
  assert.match(leftOver(but(undone, { payment: { state: 'UNKNOWN' } })).join(), /its payment UNKNOWN/);
  assert.match(leftOver(but(undone, { reservation: { state: 'ACTIVE' } })).join(), /its reservation ACTIVE/);
  assert.match(leftOver(but(undone, { hold: { state: 'HELD' } })).join(), /its coupon HELD/);
});

test('I-16 is seen to fail: kept and undone, twice, or otherwise than believed', () => {
  assert.match(halfDone(but(sold, { reservation: { returned: 1 } })).join(), /2 sold, 1 returned/);
  assert.match(
    halfDone(but(sold, { order: { payment: 'voided' } })).join(),
    /its payment is voided, the payment itself CAPTURED/,
  );
  assert.match(
    halfDone(but(sold, { payment: { done: 'AUTHORISE CAPTURE CAPTURE' } })).join(),
    /CAPTURE was done 2 times/,
  );
  assert.match(
    halfDone(but(undone, { payment: { done: 'AUTHORISE VOID' } })).join(),
    /what was done is AUTHORISE VOID/,
  );
  assert.match(
    halfDone(but(undone, { order: { stock: 'released' } })).join(),
    /its stock is released, its reservation RETURNED/,
  );
  assert.match(
    halfDone(but(sold, { order: { coupon_code: 'TEN' } })).join(),
    /its coupon TEN is held by nobody/,
  );
});

test('I-17 holds where all tell the same total, and is seen to fail wherever one doesn’t', () => {
  const usd = 'USD 100';
  const told = { placed: usd, requested: usd, confirmed: usd, paid: usd };
  const orders = new Map([['o', told]]);
  assert.deepEqual(otherTotals([sold], { orders }, new Map([['o', usd]])), []);
  assert.deepEqual(otherTotals([sold], { orders }, undefined), []);
  for (const fact of Object.keys(told)) {
    const off = { orders: new Map([['o', { ...told, [fact]: 'USD 99' }]]) };
    assert.match(otherTotals([sold], off, undefined).join(), /o: USD 100, by \w+ USD 99/);
  }
  assert.match(otherTotals([sold], { orders }, new Map()).join(), /by ClickHouse nothing/);
  assert.match(otherTotals([sold], { orders: new Map() }, undefined).join(), /by OrderPlaced nothing/);
  assert.match(
    otherTotals([but(sold, { payment: { currency: 'EUR' } })], { orders }, undefined).join(),
    /by payment EUR 100/,
  );
});
