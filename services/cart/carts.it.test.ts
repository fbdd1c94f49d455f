import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { runWorker } from '#platform/testing/run-worker.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { MAX_LINE_QUANTITY, MAX_LINES } from './domain/cart.ts';
import { quantities, reasonOf, startCarts } from './testing/carts.ts';
import { cartExpiry } from './usecases/expire-carts.ts';

let stage: Awaited<ReturnType<typeof startCarts>>;
before(async () => {
  stage = await startCarts();
});
after(() => stage?.close());

type Client = ReturnType<typeof stage.nobody>;
const add = (client: Client, sku: string, quantity: number, requestId: string = randomUUID()) =>
  client.addItem({ requestId, sku, quantity });

test('I-30 fifty parallel additions are all there, each one fact', async () => {
  const [sku, { client }] = await Promise.all([stage.onSale(), stage.newUser()]);
  await Promise.all(Array.from({ length: 50 }, () => add(client, sku, 1)));
  const { cart } = await client.getCart({});
  assert.deepEqual(quantities(cart), { [sku]: 50 });
  assert.equal((await stage.facts(cart?.cartId ?? '')).length, 50);
});

test('a repeated request id adds once, also in parallel; with another body it is refused', async () => {
  const [sku, { client }] = await Promise.all([stage.onSale(), stage.newUser()]);
  const requestId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => add(client, sku, 3, requestId)));
  assert.ok(answers.every(({ cart }) => quantities(cart)[sku] === 3));
  assert.equal(await reasonOf(add(client, sku, 4, requestId)), 'IDEMPOTENCY_KEY_REUSED');
});

test('additions and removals come to the same in every order', async () => {
  const sku = await stage.onSale();
  const deltas = [5, -3, 4, -6];
  for (const order of [deltas, deltas.toReversed(), [-6, -3, 5, 4]]) {
    const { client } = await stage.newUser();
    for (const delta of order) await add(client, sku, delta);
    assert.deepEqual(quantities((await client.getCart({})).cart), {}, order.join());
    await add(client, sku, 2);
    assert.deepEqual(quantities((await client.getCart({})).cart), { [sku]: 2 });
  }
});

test('merging adds line by line, once, in however many tabs', async () => {
  const [one, two] = await Promise.all([stage.onSale(), stage.onSale()]);
  const [{ guestId, client: guest }, { client }] = [stage.guest(), await stage.newUser()];
  await add(guest, one, 2);
  await add(guest, two, 1);
  await add(client, one, 3);
  const merges = Array.from({ length: 6 }, () => client.mergeGuestCart({ requestId: randomUUID(), guestId }));
  await Promise.all(merges);
  assert.deepEqual(quantities((await client.getCart({})).cart), { [one]: 5, [two]: 1 });
  assert.deepEqual(quantities((await guest.getCart({})).cart), {});
});

test('a guest who goes on adding while the cart is merged loses nothing', async () => {
  const sku = await stage.onSale();
  for (let round = 0; round < 5; round += 1) {
    const [{ guestId, client: guest }, { client }] = [stage.guest(), await stage.newUser()];
    await add(guest, sku, 1);
    const outcomes = await Promise.all([
      ...Array.from({ length: 10 }, () => reasonOf(add(guest, sku, 1))),
      reasonOf(client.mergeGuestCart({ requestId: randomUUID(), guestId })),
      ...Array.from({ length: 10 }, () => reasonOf(add(guest, sku, 1))),
    ]);
    assert.deepEqual([...new Set(outcomes)], ['OK']);
    const left = quantities((await guest.getCart({})).cart)[sku] ?? 0;
    const merged = quantities((await client.getCart({})).cart)[sku] ?? 0;
    assert.equal(left + merged, 21);
  }
});

test('S-18 a merge can’t make a line, or a cart, larger than it may be', async () => {
  const [{ guestId, client: guest }, { client, userId }] = [stage.guest(), await stage.newUser()];
  const sku = await stage.onSale();
  await add(guest, sku, MAX_LINE_QUANTITY);
  await add(client, sku, MAX_LINE_QUANTITY);
  await stage.writing(async (writer) => {
    const full = (count: number) => Array.from({ length: count }, () => ({ sku: randomUUID(), quantity: 1 }));
    const own = await writer.open({ userId });
    await writer.addQuantities(own.cartId, full(MAX_LINES - 10));
  });
  for (let lines = 0; lines < 20; lines += 1) await add(guest, await stage.onSale(), 1);
  const { cart } = await client.mergeGuestCart({ requestId: randomUUID(), guestId });
  assert.equal(quantities(cart)[sku], MAX_LINE_QUANTITY);
  assert.equal(cart?.lines.length, MAX_LINES);
});

test('S-26 taking off what isn’t there fills no table', async () => {
  const { client } = await stage.newUser();
  const outcomes: string[] = [];
  for (let lines = 0; lines < MAX_LINES + 5; lines += 1) {
    outcomes.push(await reasonOf(add(client, `none-${lines}`, -1)));
  }
  assert.deepEqual([outcomes[0], outcomes.at(-1)], ['OK', 'CART_FULL']);
  await add(client, 'none-0', -MAX_LINE_QUANTITY + 1);
  assert.equal(await reasonOf(add(client, 'none-0', -1)), 'CART_FULL');
});

test('what isn’t on sale, isn’t there or is too much is refused', async () => {
  const { client } = await stage.newUser();
  const sku = await stage.onSale();
  assert.equal(await reasonOf(add(client, 'unheard-of', 1)), 'SKU_UNAVAILABLE');
  await add(client, sku, MAX_LINE_QUANTITY);
  assert.equal(await reasonOf(add(client, sku, 1)), 'CART_FULL');
  await stage.writing((writer) => writer.withdraw(sku));
  const { cart } = await client.getCart({});
  assert.deepEqual([cart?.lines[0]?.unavailable, cart?.total?.minorUnits], [true, 0n]);
  await add(client, sku, -MAX_LINE_QUANTITY);
  assert.equal(await reasonOf(add(client, sku, 1)), 'SKU_UNAVAILABLE');
});

test('S-14 a cart is its owner’s; the order service is told another’s doesn’t exist', async () => {
  const [mine, theirs] = await Promise.all([stage.newUser(), stage.newUser()]);
  const sku = await stage.onSale();
  const { cart } = await add(mine.client, sku, 1);
  const cartId = cart?.cartId ?? '';
  const orders = await stage.orderService();
  assert.equal((await orders.quoteCart({ cartId, userId: mine.userId })).cart?.total?.minorUnits, 100n);
  for (const asked of [
    { cartId, userId: theirs.userId },
    { cartId: randomUUID(), userId: mine.userId },
  ]) {
    assert.equal(await reasonOf(orders.quoteCart(asked)), 'CART_NOT_FOUND');
  }
  assert.equal(await reasonOf(mine.client.quoteCart({ cartId, userId: mine.userId })), 'PERMISSION_DENIED');
  assert.deepEqual(quantities((await theirs.client.getCart({})).cart), {});
  assert.equal(await reasonOf(stage.nobody().getCart({})), 'OWNER_MISSING');
});

test('carts past their time go, with a fact; one that was used since stays', async () => {
  const sku = await stage.onSale();
  const [old, used, user] = [stage.guest(), stage.guest(), await stage.newUser()];
  const { cart: gone } = await add(old.client, sku, 1);
  await add(used.client, sku, 1);
  await add(user.client, sku, 1);
  stage.pass(90 * 60_000);
  await add(used.client, sku, 1);
  stage.pass(60 * 60_000);
  const worker = runWorker(cartExpiry(stage.database, stage.deps));
  try {
    await waitFor('the cart to be dropped', async () => (await stage.facts(gone?.cartId ?? '')).length === 2);
  } finally {
    await worker.stop();
  }
  assert.deepEqual(worker.failures, []);
  assert.deepEqual(await stage.facts(gone?.cartId ?? ''), ['CartItemChanged', 'CartExpired']);
  assert.deepEqual(quantities((await old.client.getCart({})).cart), {});
  assert.deepEqual(quantities((await used.client.getCart({})).cart), { [sku]: 2 });
  assert.deepEqual(quantities((await user.client.getCart({})).cart), { [sku]: 1 });
});
