import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPageToken, toPageToken } from './page-token.ts';

const question = { query: 'cheese', sort: 0 };

test('a token leads back to its position', () => {
  const position = { value: '0.0607927', productId: '1234' };
  assert.deepEqual(fromPageToken(question, toPageToken(question, position)), position);
});

test('S-30 a token of another query, or of nobody, is invalid', () => {
  const token = toPageToken(question, { value: '1', productId: '1' });
  assert.equal(fromPageToken({ ...question, sort: 1 }, token), 'invalid');
  for (const forged of [
    '',
    'x',
    'e30',
    Buffer.from('["a","1; drop table product","b"]').toString('base64url'),
  ]) {
    assert.equal(fromPageToken(question, forged), 'invalid');
  }
});
