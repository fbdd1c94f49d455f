import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { supervise } from './supervise.ts';

const log = pino({ level: 'silent' });

test('a worker that fails or ends is run again, until the stop', async () => {
  const aborter = new AbortController();
  let runs = 0;
  await supervise(
    {
      name: 'flaky',
      run: async () => {
        runs += 1;
        if (runs === 3) {
          aborter.abort();
        }
        if (runs === 1) {
          throw new Error('first time');
        }
      },
    },
    aborter.signal,
    log,
  );
  assert.equal(runs, 3);
});

test('failures are retried at growing distances', async () => {
  const aborter = new AbortController();
  const at: number[] = [];
  await supervise(
    {
      name: 'broken',
      run: async () => {
        at.push(performance.now());
        if (at.length === 4) {
          aborter.abort();
        }
        throw new Error('always');
      },
    },
    aborter.signal,
    log,
  );
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  assert(gaps[1] !== undefined && gaps[0] !== undefined && gaps[1] > gaps[0] * 1.5, gaps.join());
});
