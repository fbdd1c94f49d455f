import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { Failures } from '../domain/throttle.ts';
import type { FailureLog } from '../ports.ts';
import { createRedisFailureLog } from './redis-failure-log.ts';

const clock = { now: () => new Date() };

function inMemory(): FailureLog & { readonly counts: Map<string, Failures> } {
  const counts = new Map<string, Failures>();
  return {
    counts,
    find: async (email) => counts.get(email),
    add: async (email) => {
      counts.set(email, { count: (counts.get(email)?.count ?? 0) + 1, lastTime: clock.now() });
    },
    clear: async (email) => {
      counts.delete(email);
    },
  };
}

test('failures are counted in Redis, each once under parallel tries, and cleared', async (t) => {
  const fallback = inMemory();
  const log = createRedisFailureLog({ url: stackCoordinates().redis.url, clock, fallback });
  t.after(() => log.close());
  const email = `${randomUUID()}@example.org`;
  // Until the connection is there the fallback counts.
  await waitFor('a connection to Redis', async () => {
    await log.add(email);
    const inRedis = fallback.counts.size === 0;
    fallback.counts.clear();
    return inRedis;
  });
  await log.clear(email);
  await Promise.all(Array.from({ length: 20 }, () => log.add(email)));
  assert.equal((await log.find(email))?.count, 20);
  assert.equal(fallback.counts.size, 0);
  await log.clear(email);
  assert.equal(await log.find(email), undefined);
});

test('S-59 while Redis is away the fallback counts', async (t) => {
  const fallback = inMemory();
  const log = createRedisFailureLog({ url: 'redis://127.0.0.1:1', clock, fallback });
  t.after(() => log.close());
  await log.add('a@example.org');
  await log.add('a@example.org');
  assert.equal((await log.find('a@example.org'))?.count, 2);
});
