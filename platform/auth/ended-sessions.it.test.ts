import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { waitFor } from '#platform/testing/wait-for.ts';
import { followEndedSessions } from './ended-sessions.ts';

test('ended sessions are learnt once each, kept while the list is away, and forgotten after their tokens', async () => {
  let answer: () => unknown = () => ({ ended: ['first'], until: 100_000 });
  const asked: (string | null)[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('since'));
    response.end(JSON.stringify(answer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let now = 0;
  let told = 0;
  const sessions = followEndedSessions({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ended-sessions`),
    lifetimeMs: 1000,
    log: pino({ level: 'silent' }),
    now: () => now,
    everyMs: 20,
  });
  sessions.onEnded(() => {
    told += 1;
  });
  try {
    await waitFor('the first', () => sessions.has('first'));
    assert.equal(asked[0], null);
    await waitFor('a question from a little before the last answer on', () => asked.at(-1) === '70000');
    assert.equal(told, 1);

    answer = () => ({ error: 'away' });
    now = 900;
    const before = asked.length;
    await waitFor('questions in vain', () => asked.length > before + 2);
    assert(sessions.has('first'));

    answer = () => ({ ended: ['second'], until: 200_000 });
    await waitFor('the second', () => sessions.has('second'));
    now = 1001;
    await waitFor('the first to be forgotten', () => !sessions.has('first'));
    assert(sessions.has('second'));
    assert.equal(told, 2);
  } finally {
    sessions.stop();
    server.close();
    server.closeAllConnections();
  }
});
