import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { paging } from './paging.ts';

const prices = paging('prices', z.tuple([z.string().regex(/^-?\d{1,15}$/), z.uuid()]));
const last: [string, string] = ['-1250', '0193f0a0-1111-7000-8000-000000000001'];
const question = { user: '7', words: ['cheese'] };

const tokenOf = (list: typeof prices, asked: unknown, key = last) =>
  list.page([key, key], 1, (row) => row, asked).nextPageToken;
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('pages put together are the list, each row once', () => {
  const numbers = paging('numbers', z.int());
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (all, size) => {
        const sorted = all.toSorted((a, b) => a - b);
        const seen: number[] = [];
        let token = '';
        do {
          const after = numbers.after(token);
          const found = sorted.filter((number) => after === undefined || number > after).slice(0, size + 1);
          const page = numbers.page(found, size, (number) => number);
          seen.push(...page.rows);
          token = page.nextPageToken;
        } while (token !== '');
        assert.deepEqual(seen, sorted);
      },
    ),
  );
});

test('a page has the size that is asked for, or the usual one', () => {
  assert.equal(prices.size(0), 50);
  assert.equal(prices.size(7), 7);
  assert.equal(paging('few', z.int(), 5).size(0), 5);
});

test('a token leads back to where its page ended', () => {
  assert.deepEqual(prices.after(tokenOf(prices, question), question), last);
  assert.equal(prices.after('', question), undefined);
});

const [mark] = JSON.parse(Buffer.from(tokenOf(prices, question), 'base64url').toString()) as [string];
for (const [name, token] of [
  ['of another question', tokenOf(prices, { ...question, user: '8' })],
  ['of no question', tokenOf(prices, undefined)],
  ['of another list', tokenOf(paging('sizes', z.tuple([z.string(), z.uuid()])), question)],
  ['made up', 'abc'],
  ['that is JSON of another shape', encoded({})],
  ['with SQL in it', encoded([mark, ['1; drop table product', last[1]]])],
  ['with a number too great', encoded([mark, ['9'.repeat(40), last[1]]])],
  ['with a zero byte', encoded([mark, ['1\0', last[1]]])],
] as const) {
  test(`S-30 a page token ${name} is refused`, () => {
    assert.equal(prices.read(token, question), 'invalid');
    assert.throws(
      () => prices.after(token, question),
      (error) => error instanceof RpcError && error.reason === 'PAGE_TOKEN_INVALID',
    );
  });
}
