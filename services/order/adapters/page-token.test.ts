import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { fromPageToken, toPageToken } from './page-token.ts';

const last = '0193f0a0-1111-7000-8000-000000000001';
const mine = { userId: '0193f0a0-2222-7000-8000-000000000001', state: undefined };

test('a page token says where the page before ended', () => {
  assert.equal(fromPageToken(mine, toPageToken(mine, last)), last);
  assert.equal(fromPageToken(mine, ''), undefined);
});

for (const [name, token] of [
  ['of another user', toPageToken({ ...mine, userId: last }, last)],
  ['of another state', toPageToken({ ...mine, state: 'PAID' }, last)],
  ['made up', 'abc'],
  ['SQL', Buffer.from(`["${last}' or 1=1 --","",""]`).toString('base64url')],
  ['with something after it', `${toPageToken(mine, last)}AA`],
] as const) {
  test(`S-30 a page token ${name} is refused`, () => {
    assert.throws(
      () => fromPageToken(mine, token),
      (error) => error instanceof RpcError && error.reason === 'PAGE_TOKEN_INVALID',
    );
  });
}
