import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Assignment } from './assignment.ts';
import type { Consumption } from './kafka.ts';

const partitions = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
];
const live = new AbortController().signal;

function assignment(onAssigned: Consumption['onAssigned']): Assignment {
  return new Assignment({ groupId: 'g', topics: ['t'], onAssigned, onBatch: async () => {} }, partitions);
}

test('a fetch that is elsewhere is sought, until it is at the place', async () => {
  const one = assignment(async () => [{ topic: 't', partition: 0, offset: 7n }]);
  assert.equal(await one.startOf('t', 0, 20n, live), 7n);
  assert.equal(await one.startOf('t', 0, 7n, live), undefined);
  assert.equal(await one.startOf('t', 0, 9n, live), undefined, 'it was settled');
  assert.equal(await one.startOf('t', 1, 20n, live), undefined, 'no place was given');
});

test('a place that the broker no longer keeps is not sought for ever', async () => {
  const one = assignment(async () => [{ topic: 't', partition: 0, offset: 7n }]);
  const sought = [];
  for (let fetch = 0; fetch < 5; fetch++) {
    sought.push(await one.startOf('t', 0, 12n, live));
  }
  assert.deepEqual(sought, [7n, 7n, 7n, undefined, undefined]);
});

test('places are asked once, and again after a failure', async () => {
  let asked = 0;
  const one = assignment(async () => {
    if (++asked === 1) {
      throw new Error('the database is away');
    }
    return [{ topic: 't', partition: 0, offset: 1n }];
  });
  assert.deepEqual(await one.unsettled(live), [{ topic: 't', partition: 0, offset: 1n }]);
  await one.startOf('t', 0, 1n, live);
  assert.equal(asked, 2);
  assert.deepEqual(await one.unsettled(live), []);
});

test('only what the broker was not told yet is to be committed', () => {
  const one = assignment(async () => []);
  one.done('t', 0, 5n);
  const told = one.uncommitted();
  one.done('t', 0, 9n);
  one.committed(told);
  assert.deepEqual(one.uncommitted(), [{ topic: 't', partition: 0, offset: 9n }]);
  one.committed(one.uncommitted());
  assert.deepEqual(one.uncommitted(), []);
});
