import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { orderWith, quantities, reasonOf, startCarts } from './testing/carts.ts';

let stage: Awaited<ReturnType<typeof startCarts>>;
let staff: Awaited<ReturnType<typeof stage.staff>>;
before(async () => {
  stage = await startCarts();
  staff = await stage.staff();
});
after(() => stage?.close());

const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
const newCoupon = async (limits: { redemptionLimit?: number; perUserLimit?: number } = {}) => {
  const code = randomBytes(5).toString('hex').toUpperCase();
  const benefit = { case: 'percentBasisPoints', value: 2_500 } as const;
  await staff.createCoupon({ requestId: randomUUID(), coupon: { code, benefit, ...limits } });
  return code;
};
const counts = async (code: string) => {
  const { coupon } = await staff.getCoupon({ code });
  return [coupon?.heldCount, coupon?.redeemedCount];
};

test('I-27 S-21 a hundred orders at once hold a coupon for one once, and it is given back once', async () => {
  const code = await newCoupon({ redemptionLimit: 1 });
  const orders = Array.from({ length: 100 }, () => orderWith(code));
  await Promise.all(orders.map((order) => stage.begin(order)));
  assert.deepEqual(await counts(code), [1, 0]);
  const facts = await Promise.all(orders.map(({ orderId }) => stage.facts(orderId)));
  assert.deepEqual(facts.filter(([fact]) => fact === 'CouponHeld').length, 1);
  assert.deepEqual(facts.filter(([fact]) => fact === 'CouponRejected').length, 99);
  await Promise.all(orders.flatMap((order) => [stage.undo(order), stage.undo(order)]));
  assert.deepEqual(await counts(code), [0, 0]);
  const late = orderWith(code);
  await stage.begin(late);
  assert.deepEqual(await stage.facts(late.orderId), ['CouponHeld'], 'it can be had again');
});

test('I-27 the limit of each user holds over all of their orders', async () => {
  const code = await newCoupon({ perUserLimit: 2 });
  const [ada, grace] = [randomUUID(), randomUUID()];
  const orders = [ada, grace].flatMap((user) => Array.from({ length: 10 }, () => orderWith(code, user)));
  await Promise.all(orders.map((order) => stage.begin(order)));
  assert.deepEqual(await counts(code), [4, 0]);
});

test('a redemption counts once, and comes back when the order is undone after all', async () => {
  const code = await newCoupon({ redemptionLimit: 5 });
  const order = orderWith(code);
  await stage.begin(order);
  await Promise.all([stage.complete(order), stage.complete(order), stage.complete(order)]);
  assert.deepEqual(await counts(code), [0, 1]);
  await Promise.all([stage.undo(order), stage.undo(order)]);
  assert.deepEqual(await counts(code), [0, 0]);
  assert.deepEqual(await stage.facts(order.orderId), ['CouponHeld', 'CouponRedeemed', 'CouponReturned']);
});

test('an order that is undone before it began, or twice begun, leaves nothing held', async () => {
  const code = await newCoupon({ redemptionLimit: 1 });
  const order = orderWith(code);
  await stage.undo(order);
  await stage.begin(order);
  assert.deepEqual(await counts(code), [0, 0]);
  const twice = orderWith(code);
  await stage.begin(twice);
  await stage.begin(twice);
  assert.deepEqual(await counts(code), [1, 0]);
  const unknown = orderWith('NEVER-MADE');
  await stage.begin(unknown);
  assert.deepEqual(await stage.facts(unknown.orderId), ['CouponRejected']);
});

test('what was bought leaves the cart, and what was added since stays', async () => {
  const [bought, more] = await Promise.all([stage.onSale(), stage.onSale()]);
  const { client, userId } = await stage.newUser();
  const add = (sku: string, quantity: number) => client.addItem({ requestId: randomUUID(), sku, quantity });
  const code = await newCoupon();
  await add(bought, 2);
  const { cart } = await client.applyCoupon({ requestId: randomUUID(), code });
  const order = orderWith(code, userId);
  await stage.begin(order, { cartId: cart?.cartId ?? '', lines: [{ sku: bought, quantity: 2 }] });
  await add(bought, 1);
  await add(more, 4);
  await Promise.all([stage.complete(order), stage.complete(order)]);
  const after = (await client.getCart({})).cart;
  assert.deepEqual(quantities(after), { [bought]: 1, [more]: 4 });
  assert.equal(after?.couponCode, '');
});

test('a coupon has to exist, to be in time and to take something off', async () => {
  const sku = await stage.onSale(1_000n);
  const { client } = await stage.newUser();
  await client.addItem({ requestId: randomUUID(), sku, quantity: 1 });
  const apply = (code: string) => reasonOf(client.applyCoupon({ requestId: randomUUID(), code }));
  const make = async (over: object) => {
    const code = randomBytes(5).toString('hex').toUpperCase();
    const benefit = { case: 'amountOff', value: usd(300n) } as const;
    await staff.createCoupon({ requestId: randomUUID(), coupon: { code, benefit, ...over } });
    return code;
  };
  assert.equal(await apply('NOT-THERE'), 'COUPON_NOT_APPLICABLE');
  assert.equal(await apply(await make({ minimumSubtotal: usd(1_001n) })), 'COUPON_NOT_APPLICABLE');
  const over = { expireTime: timestampFromDate(new Date(Date.now() - 1_000)) };
  assert.equal(await apply(await make(over)), 'COUPON_NOT_APPLICABLE');
  assert.equal((await client.getCart({})).cart?.couponCode, '', 'a refused one is not on the cart');
  const good = await make({ minimumSubtotal: usd(1_000n) });
  assert.equal(await apply(good), 'OK');
  assert.equal((await client.getCart({})).cart?.total?.minorUnits, 700n);
  const { cart } = await client.addItem({ requestId: randomUUID(), sku, quantity: -1 });
  assert.equal(cart?.total?.minorUnits, 0n, 'I-29 never below zero');
});

test('S-15 S-29 only the catalogue’s staff makes coupons, and each makes sense', async () => {
  const { client } = await stage.newUser();
  const code = 'FREE-FOR-ME';
  const benefit = { case: 'percentBasisPoints', value: 10_000 } as const;
  const making = { requestId: randomUUID(), coupon: { code, benefit } };
  assert.equal(await reasonOf(client.createCoupon(making)), 'PERMISSION_DENIED');
  assert.equal(await reasonOf(client.getCoupon({ code })), 'PERMISSION_DENIED');
  for (const coupon of [
    { code },
    { code, benefit: { case: 'percentBasisPoints' as const, value: 10_001 } },
    { code, benefit: { case: 'amountOff' as const, value: usd(0n) } },
    { code, benefit: { case: 'amountOff' as const, value: usd(-5n) } },
    { code, benefit: { case: 'amountOff' as const, value: { currencyCode: 'EUR', minorUnits: 5n } } },
    { code, benefit, minimumSubtotal: usd(-1n) },
    { code, benefit, redemptionLimit: -1 },
  ]) {
    const refused = await reasonOf(staff.createCoupon({ requestId: randomUUID(), coupon }));
    assert.equal(
      refused,
      'INVALID_REQUEST',
      JSON.stringify(coupon, (_, value) => String(value)),
    );
  }
  await staff.createCoupon({ ...making, requestId: randomUUID() });
  assert.equal(await reasonOf(staff.createCoupon({ ...making, requestId: randomUUID() })), 'COUPON_EXISTS');
});
