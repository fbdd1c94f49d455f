import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { aftermathOf, assertAftermath, paymentOf } from '../journeys/testing/aftermath.ts';
import { stateName } from '../journeys/testing/checkout.ts';
import { openShop, type Staff } from '../journeys/testing/staff.ts';
import { refusalOf } from '../journeys/testing/transports.ts';
import { buy, checkOut, newShopper, persistently, settled } from './buyers.ts';
import { assertStock } from './stock.ts';

const PRICE = 2_000n;
const FIFTY = Array.from({ length: 50 }, (_, index) => index);

let staff: Staff;
before(async () => {
  staff = await openShop();
});

test('S-23 I-11 fifty payments at once under one id are one order and one charge', {
  timeout: 300_000,
}, async () => {
  const sku = await staff.newProduct({ price: PRICE, onHand: 60 });
  const one = { sku, price: PRICE, userId: randomUUID(), requestId: randomUUID() };
  const orders = await Promise.all(FIFTY.map(() => buy(staff, one)));
  const [orderId = ''] = new Set(orders.map((order) => order.orderId));
  assert.equal(new Set(orders.map((order) => order.orderId)).size, 1);
  await settled(staff, orderId);
  await assertAftermath(staff, orderId, {
    order: 'FULFILLED',
    payment: `CAPTURED ${PRICE} 0`,
    stock: [59n, 0n],
  });
});

test('S-23 a cart that is paid fifty times at once under different ids is ordered once', {
  timeout: 300_000,
}, async () => {
  const sku = await staff.newProduct({ price: PRICE, onHand: 60 });
  const shopper = await newShopper(sku);
  const answers = await Promise.allSettled(FIFTY.map(() => checkOut(shopper)));
  const orders = new Set(
    answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.orderId] : [])),
  );
  const states = [];
  for (const orderId of orders) {
    await settled(staff, orderId);
    states.push((await aftermathOf(staff, orderId)).order);
  }
  assert.deepEqual(
    states.filter((state) => state === 'PAID'),
    ['PAID'],
    `one charge, of the answers ${JSON.stringify([...orders])}`,
  );
  await assertStock(staff, sku, 59n);
});

test('S-24 I-22 fifty refunds at once pay back what was captured, and not a cent more', {
  timeout: 300_000,
}, async () => {
  const sku = await staff.newProduct({ price: PRICE, onHand: 5 });
  const { orderId } = await settled(staff, (await buy(staff, { sku, price: PRICE })).orderId);
  const payment = await paymentOf(staff, orderId);
  const paymentId = payment?.paymentId ?? '';
  // 300 of 2,000 fit six times.
  const amount = { currencyCode: 'USD', minorUnits: 300n };
  const refund = () => {
    const requestId = randomUUID();
    return persistently(() =>
      staff.payments.refundPayment({ requestId, paymentId, amount, reason: 'a race' }),
    );
  };
  const answers = await Promise.allSettled(FIFTY.map(refund));
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 6);
  await assertAftermath(staff, orderId, { payment: /^\w+ 2000 1800$/ });
  const other = { currencyCode: 'EUR', minorUnits: 1n };
  assert.match(
    await refusalOf(
      staff.payments.refundPayment({ requestId: randomUUID(), paymentId, amount: other, reason: 'a race' }),
    ),
    /^(FAILED_PRECONDITION|INVALID_ARGUMENT) /,
  );
});

test('S-21 I-27 a coupon for two is used by two of ten customers who order with it at once', {
  timeout: 400_000,
}, async () => {
  const [sku, coupon] = await Promise.all([
    staff.newProduct({ price: PRICE, onHand: 50 }),
    staff.newCoupon(2),
  ]);
  const shoppers = await Promise.all(FIFTY.slice(0, 10).map(() => newShopper(sku, coupon)));
  const orders = await Promise.all(shoppers.map(checkOut));
  const ended = await Promise.all(orders.map(({ orderId }) => settled(staff, orderId)));
  const ends = ended.map(stateName);
  assert.deepEqual(
    [ends.filter((state) => state === 'PAID').length, ends.filter((state) => state === 'CANCELLED').length],
    [2, 8],
  );
  const { coupon: after } = await staff.coupons.getCoupon({ code: coupon });
  assert.deepEqual([after?.heldCount, after?.redeemedCount], [0, 2]);
  await assertStock(staff, sku, 48n);
});

test('I-16 cancelled or shipped: of both at once one wins, and everybody’s books agree', {
  timeout: 400_000,
}, async () => {
  const wins = { cancelled: 0, shipped: 0 };
  for (let round = 0; round < 6; round += 1) {
    const sku = await staff.newProduct({ price: PRICE, onHand: 3 });
    const shopper = await newShopper(sku);
    const { orderId } = await settled(staff, (await checkOut(shopper)).orderId);
    const orders = shopper.customer.client(OrderService);
    const parcel = { lines: [{ sku, quantity: 1 }], carrier: 'Parcel Post', trackingNumber: 'PP-1' };
    const requestId = randomUUID();
    const ship = () => persistently(() => staff.shipping.createShipment({ requestId, orderId, ...parcel }));
    const cancel = () => persistently(() => orders.cancelOrder({ requestId, orderId }));
    const order = round % 2 === 0 ? [cancel, ship] : [ship, cancel];
    const [first, second] = await Promise.allSettled(order.map((act) => act()));
    const won = [first, second].map((answer) => answer?.status === 'fulfilled');
    assert.equal(won.filter(Boolean).length, 1, `both or neither: ${JSON.stringify(won)}`);
    const cancelled = won[round % 2];
    wins[cancelled ? 'cancelled' : 'shipped'] += 1;
    await assertAftermath(
      staff,
      orderId,
      cancelled
        ? { order: 'CANCELLED CUSTOMER', reservation: 'RETURNED', stock: [3n, 0n], payment: /^REFUNDED / }
        : { order: 'PAID', reservation: 'COMMITTED', stock: [2n, 0n], payment: /^CAPTURED / },
    );
  }
});
