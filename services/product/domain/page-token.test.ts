import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPageToken, toPageToken } from './page-token.ts';

const question = { query: 'cheese', sort: 0 };

test('a token leads back to its position', () => {
  const position = { value: '-1250', productId: '1234' };
  assert.deepEqual(fromPageToken(question, toPageToken(question, position)), position);
});

test('S-30 a token of another query, or of nobody, is invalid', () => {
  const token = toPageToken(question, { value: '1', productId: '1' });
  assert.equal(fromPageToken({ ...question, sort: 1 }, token), 'invalid');
  const own = JSON.parse(Buffer.from(token, 'base64url').toString());
  const withValue = (value: string) =>
    Buffer.from(JSON.stringify([own[0], value, '1'])).toString('base64url');
  for (const value of ['1; drop table product', '9'.repeat(40), 'NaN', '1.5', '1e9', '', '\0']) {
    assert.equal(fromPageToken(question, withValue(value)), 'invalid', value);
  }
  for (const forged of [
    '',
    'x',
    'e30',
    Buffer.from('["a","1; drop table product","b"]').toString('base64url'),
  ]) {
    assert.equal(fromPageToken(question, forged), 'invalid');
  }
});
