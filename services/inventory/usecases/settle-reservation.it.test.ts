import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import { assertInvariants } from '../testing/invariants.ts';
import { openStockroom, type Stockroom } from '../testing/stockroom.ts';

let room: Stockroom;
before(async () => {
  room = await openStockroom();
  await room.receive('main', [{ sku: 'A', quantity: 100 }]);
});
after(() => room.database.drop());

const wants = [{ sku: 'A', quantity: 2 }];

test('an expiry and a confirmation that race come to one end, either way', async () => {
  const ends = new Set<string>();
  for (let round = 0; round < 30; round++) {
    const orderId = await room.reserve(wants);
    const racers = [room.settle(orderId, 'commit'), room.settle(orderId, 'expire')];
    await Promise.all(round % 2 === 0 ? racers : racers.toReversed());
    const facts = await room.facts(orderId);
    assert.equal(facts.length, 2, facts.join());
    ends.add(facts[1] ?? '');
    await room.settle(orderId, 'cancel');
    assert.deepEqual(
      (await room.facts(orderId)).at(-1),
      facts[1] === 'StockCommitted' ? 'StockReturned' : 'StockReleased',
    );
  }
  assert.ok([...ends].every((end) => end === 'StockCommitted' || end === 'StockReleased'));
  await assertInvariants(room.database);
});

test('what is given back twice, even at once, is given back once', async () => {
  const orderId = await room.reserve(wants);
  await Promise.all([room.settle(orderId, 'cancel'), room.settle(orderId, 'cancel')]);
  await room.settle(orderId, 'reject');
  assert.deepEqual(await room.facts(orderId), ['StockReserved', 'StockReleased']);
  await assertInvariants(room.database);
});

test('I-07 what is sold and taken back twice is so once', async () => {
  const orderId = await room.reserve(wants);
  await Promise.all([room.settle(orderId, 'commit'), room.settle(orderId, 'commit')]);
  await Promise.all([room.settle(orderId, 'cancel'), room.settle(orderId, 'cancel')]);
  await room.settle(orderId, 'commit');
  assert.deepEqual(await room.facts(orderId), ['StockReserved', 'StockCommitted', 'StockReturned']);
  await assertInvariants(room.database);
});

test('a cancellation is answered when there is nothing to give back', async () => {
  const unheard = uuidv7();
  await room.settle(unheard, 'cancel');
  assert.deepEqual(await room.facts(unheard), ['StockReleased']);
  await room.reserve(wants, unheard);
  assert.deepEqual(
    await room.facts(unheard),
    ['StockReleased'],
    'an order that ended reserves nothing any more',
  );

  const refused = await room.reserve([{ sku: 'A', quantity: 1_000 }]);
  await room.settle(refused, 'cancel');
  assert.deepEqual(await room.facts(refused), ['StockRejected', 'StockReleased']);

  const expired = await room.reserve(wants);
  await room.settle(expired, 'expire');
  await room.settle(expired, 'cancel');
  assert.deepEqual(await room.facts(expired), ['StockReserved', 'StockReleased', 'StockReleased']);
  await assertInvariants(room.database);
});

test('a rejected order that holds nothing needs no answer', async () => {
  const refused = await room.reserve([{ sku: 'A', quantity: 1_000 }]);
  await room.settle(refused, 'reject');
  const unheard = uuidv7();
  await room.settle(unheard, 'reject');
  assert.deepEqual(await room.facts(refused), ['StockRejected']);
  assert.deepEqual(await room.facts(unheard), []);
});
