import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobody, Scheduler } from './scheduler.ts';

test('what is due after a run has ended happens in the next one', async () => {
  const scheduler = new Scheduler();
  const begin = scheduler.now;
  const happened: number[] = [];
  for (const ms of [10, 30, 50]) {
    scheduler.after(ms, () => happened.push(ms), nobody);
  }
  for (const latest of [20, 25, 60]) {
    await scheduler.run(() => false, begin + latest, 1_000);
  }
  assert.deepEqual(happened, [10, 30, 50]);
});
