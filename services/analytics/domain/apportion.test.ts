import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apportion } from './apportion.ts';

const weights = fc.array(fc.bigInt({ min: -5n, max: 1n << 40n }), { minLength: 1, maxLength: 40 });
const sum = (parts: readonly bigint[]) => parts.reduce((a, b) => a + b, 0n);

test('nothing is lost, whatever is split', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 50n }), weights, (total, shares) => {
      const parts = apportion(total, shares);
      assert.equal(sum(parts), total);
      const positive = sum(shares.map((share) => (share > 0n ? share : 0n)));
      if (positive === 0n) return;
      parts.forEach((part, i) => {
        const share = shares[i] ?? 0n;
        const quota = ((share > 0n ? share : 0n) * total) / positive;
        assert.ok(part === quota || part === quota + 1n);
      });
    }),
  );
});

test('a total of the weights gives the weights', () => {
  const positive = fc.array(fc.bigInt({ min: 0n, max: 1n << 40n }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(positive, (shares) => assert.deepEqual(apportion(sum(shares), shares), shares)));
});

test('the odd cent goes to the largest remainder, then to the first', () => {
  assert.deepEqual(apportion(100n, [199n, 201n, 199n]), [33n, 34n, 33n]);
  assert.deepEqual(apportion(100n, [1n, 1n, 1n]), [34n, 33n, 33n]);
  assert.throws(() => apportion(1n, []), RangeError);
});
