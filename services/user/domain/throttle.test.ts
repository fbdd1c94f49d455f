import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FREE_FAILURES, LONGEST_WAIT_MS, waitBefore } from './throttle.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

test('the first failures cost nothing, then the wait doubles up to its bound', () => {
  assert.equal(waitBefore(undefined, NOW), 0);
  const waits = Array.from({ length: 12 }, (_, count) => waitBefore({ count, lastTime: NOW }, NOW));
  assert.deepEqual(waits.slice(0, FREE_FAILURES + 3), [0, 0, 0, 0, 0, 1000, 2000, 4000]);
  assert.equal(waits.at(-1), LONGEST_WAIT_MS);
});

test('a wait that has passed is over', () => {
  const lastTime = new Date(NOW.getTime() - LONGEST_WAIT_MS);
  assert.equal(waitBefore({ count: 50, lastTime }, NOW), 0);
});
