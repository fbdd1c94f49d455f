import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from './batch.ts';

const now = new Date('2026-11-20T12:00:00Z');
const at = (id: string, time: string) => ({ id, time: new Date(time), fact: undefined });

test('a day from now, either way, is taken; more is not', () => {
  const events = [
    at('a', '2026-11-19T12:00:00Z'),
    at('b', '2026-11-21T12:00:00Z'),
    at('c', '2026-11-19T11:59:59Z'),
    at('d', '2026-11-21T12:00:01Z'),
    at('e', 'not a time'),
  ];
  assert.deepEqual(
    faultsOf(events, now),
    [2, 3, 4].map((index) => ({ kind: 'time out of range', index })),
  );
});

test('an id may come once', () => {
  const time = now.toISOString();
  assert.deepEqual(faultsOf([at('a', time), at('b', time), at('a', time)], now), [
    { kind: 'repeated id', index: 2 },
  ]);
});
