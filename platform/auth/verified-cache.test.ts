import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheVerified } from './verified-cache.ts';

function counted(limit = 3) {
  const asked: string[] = [];
  let now = 1000;
  const verify = cacheVerified(
    async (token) => {
      asked.push(token);
      if (token === 'bad') {
        throw new Error('not valid');
      }
      return { value: `proof of ${token}`, expiresAt: 2000 };
    },
    { limit, now: () => now },
  );
  return {
    asked,
    verify,
    at: (time: number) => {
      now = time;
    },
  };
}

test('a token is verified once, until it expires', async () => {
  const { asked, verify, at } = counted();
  assert.equal(await verify('a'), 'proof of a');
  assert.equal(verify('a'), 'proof of a', 'a hit is no promise');
  assert.deepEqual(asked, ['a']);
  at(2000);
  await verify('a');
  assert.deepEqual(asked, ['a', 'a']);
});

test('calls that meet share one verification', async () => {
  const { asked, verify } = counted();
  await Promise.all([verify('a'), verify('a'), verify('a')]);
  assert.deepEqual(asked, ['a']);
});

test('what is not valid is not remembered', async () => {
  const { asked, verify } = counted();
  await assert.rejects(async () => verify('bad'));
  await assert.rejects(async () => verify('bad'));
  assert.deepEqual(asked, ['bad', 'bad']);
});

test('it keeps to its limit and lets the oldest go', async () => {
  const { asked, verify } = counted(3);
  for (const token of ['a', 'b', 'c', 'd']) {
    await verify(token);
  }
  await verify('d');
  await verify('b');
  assert.deepEqual(asked, ['a', 'b', 'c', 'd']);
  await verify('a');
  assert.deepEqual(asked, ['a', 'b', 'c', 'd', 'a']);
});
