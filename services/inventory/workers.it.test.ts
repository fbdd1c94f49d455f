import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import { waitFor } from '#platform/testing/wait-for.ts';
import { assertInvariants } from './testing/invariants.ts';
import { inLanes } from './testing/lanes.ts';
import { openStockroom, type Stockroom } from './testing/stockroom.ts';
import { createWorkers } from './workers.ts';

let room: Stockroom;
before(async () => {
  room = await openStockroom();
  await room.receive('main', [{ sku: 'A', quantity: 300 }]);
});
after(() => room.database.drop());

test('I-04 what is held for too long is given back by one of two replicas, and no sooner', async () => {
  // The room holds for a minute: these are overdue at the worker's time, in two minutes.
  const overdue = await inLanes(120, () => room.reserve([{ sku: 'A', quantity: 1 }]));
  const sold = overdue.slice(0, 10);
  await Promise.all(sold.map((orderId) => room.settle(orderId, 'commit')));
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const stop = new AbortController();
  const replicas = [1, 2].flatMap(() =>
    createWorkers(room.database, { clock, ids: { uuid: uuidv7 }, everyMs: 20 }),
  );
  const running = replicas.map((worker) => worker.run(stop.signal));
  try {
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(await room.states(), { ACTIVE: 110, COMMITTED: 10 });
    ahead = 120_000;
    await waitFor('all that is overdue to be given back', async () => (await room.states()).EXPIRED === 110);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
  assert.deepEqual(await room.states(), { EXPIRED: 110, COMMITTED: 10 });
  const [orderId] = overdue.slice(10);
  assert.deepEqual(await room.facts(orderId ?? ''), ['StockReserved', 'StockReleased']);
  await assertInvariants(room.database);
});
