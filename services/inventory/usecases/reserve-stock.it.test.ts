import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { register } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { assertInvariants } from '../testing/invariants.ts';
import { inLanes } from '../testing/lanes.ts';
import { openStockroom, type Stockroom } from '../testing/stockroom.ts';

let room: Stockroom;
before(async () => {
  room = await openStockroom(['near', 'far']);
});
after(() => room.database.drop());

test('I-05 of 100 units exactly 100 are sold to 500 orders that come at once', async () => {
  await room.receive('near', [{ sku: 'hot', quantity: 60 }]);
  await room.receive('far', [{ sku: 'hot', quantity: 40 }]);
  const before = await room.states();
  const orders = await inLanes(500, () => room.reserve([{ sku: 'hot', quantity: 1 }]));
  const states = await room.states();
  assert.equal((states.ACTIVE ?? 0) - (before.ACTIVE ?? 0), 100);
  assert.equal((states.REJECTED ?? 0) - (before.REJECTED ?? 0), 400);
  await assertInvariants(room.database);
  await inLanes(orders.length, (index) => room.settle(orders[index] ?? '', 'commit'));
  const left = await room.database.db.selectFrom('stock').selectAll().where('sku', '=', 'hot').execute();
  assert.deepEqual(
    left.map((shelf) => [shelf.on_hand, shelf.reserved]),
    [
      [0n, 0n],
      [0n, 0n],
    ],
  );
  assert.deepEqual(await room.facts('hot'), ['StockReceived', 'StockReceived', 'StockRanOut', 'StockRanOut']);
  await assertInvariants(room.database);
});

test('orders of the same SKUs in opposite order all come through, without one deadlock', async () => {
  const retriesBefore = await retries();
  const skus = Array.from({ length: 8 }, (_, i) => `line-${i}`);
  await room.receive(
    'near',
    skus.map((sku) => ({ sku, quantity: 70 })),
  );
  await room.receive(
    'far',
    skus.map((sku) => ({ sku, quantity: 70 })),
  );
  const before = await room.states();
  const lines = skus.map((sku) => ({ sku, quantity: 1 }));
  const orders = await inLanes(120, (i) => room.reserve(i % 2 === 0 ? lines : lines.toReversed()));
  assert.equal(((await room.states()).ACTIVE ?? 0) - (before.ACTIVE ?? 0), 120);
  // Some are sold, some given back, some run out, and new ones come, all at once.
  const ends = ['commit', 'cancel', 'expire'] as const;
  await inLanes(140, async (i) => {
    const orderId = orders[i];
    await (orderId === undefined
      ? room.reserve(lines.toReversed())
      : room.settle(orderId, ends[i % 3] ?? 'cancel'));
  });
  assert.equal(await retries(), retriesBefore, 'the kernel ran no transaction again');
  await assertInvariants(room.database);
});

test('I-06 two lines of one SKU fit together or not at all', async () => {
  await room.receive('near', [{ sku: 'twice', quantity: 100 }]);
  const tooMuch = await room.reserve([
    { sku: 'twice', quantity: 60 },
    { sku: 'twice', quantity: 60 },
  ]);
  assert.deepEqual(await room.facts(tooMuch), ['StockRejected']);
  const fits = await room.reserve([
    { sku: 'twice', quantity: 40 },
    { sku: 'twice', quantity: 60 },
  ]);
  assert.deepEqual(await room.facts(fits), ['StockReserved']);
  await assertInvariants(room.database);
});

test('one line that is short leaves all others alone', async () => {
  await room.receive('near', [{ sku: 'plenty', quantity: 10 }]);
  await room.reserve([
    { sku: 'plenty', quantity: 1 },
    { sku: 'unheard-of', quantity: 1 },
  ]);
  const [shelf] = await room.database.db
    .selectFrom('stock')
    .selectAll()
    .where('sku', '=', 'plenty')
    .execute();
  assert.equal(shelf?.reserved, 0n);
  await assertInvariants(room.database);
});

test('an order that comes many times at once is reserved once', async () => {
  await room.receive('near', [{ sku: 'once', quantity: 10 }]);
  const orderId = uuidv7();
  await Promise.allSettled(
    Array.from({ length: 20 }, () => room.reserve([{ sku: 'once', quantity: 1 }], orderId)),
  );
  assert.deepEqual(await room.facts(orderId), ['StockReserved']);
  const [shelf] = await room.database.db.selectFrom('stock').selectAll().where('sku', '=', 'once').execute();
  assert.equal(shelf?.reserved, 1n);
  await assertInvariants(room.database);
});

async function retries(): Promise<number | undefined> {
  const metric = await register.getSingleMetric('shopverse_db_transaction_retries_total')?.get();
  assert.ok(metric !== undefined);
  return metric.values[0]?.value;
}
