import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Movement, saleLines } from './sale-lines.ts';

const order = {
  lines: [
    { department: 'A', units: 1n, amount: 1000n },
    { department: 'A', units: 3n, amount: 0n },
    { department: 'B', units: 2n, amount: 2000n },
  ],
  discount: 100n,
  shipping: 500n,
  tax: 70n,
};
const total = 3470n;

test('a capture brings in each line, less its part of the discount', () => {
  const lines = saleLines(order, { entry: 'SALE', from: 0n, to: total, captured: total });
  assert.deepEqual(
    lines.map(({ component, amount, units, baskets, orders }) => [component, amount, units, baskets, orders]),
    [
      ['ITEM', 967n, 1n, 1, 1],
      ['ITEM', 0n, 3n, 0, 0],
      ['ITEM', 1933n, 2n, 1, 0],
      ['SHIPPING', 500n, 0n, 0, 0],
      ['TAX', 70n, 0n, 0, 0],
    ],
  );
});

test('refunds in any steps pay back each line exactly', () => {
  const steps = fc.uniqueArray(fc.bigInt({ min: 1n, max: total - 1n }), { maxLength: 6 });
  fc.assert(
    fc.property(steps, (cuts) => {
      const ends = [...cuts.sort((a, b) => (a < b ? -1 : 1)), total];
      const refunds = ends.map((to, i): Movement => {
        return { entry: 'REFUND', from: ends[i - 1] ?? 0n, to, captured: total };
      });
      const sale: Movement = { entry: 'SALE', from: 0n, to: total, captured: total };
      const all = [sale, ...refunds].flatMap((movement) => saleLines(order, movement));
      for (const number of [1, 2, 3, 4, 5]) {
        const lines = all.filter((line) => line.number === number);
        assert.equal(
          lines.reduce((sum, line) => sum + line.amount, 0n),
          0n,
        );
        assert.equal(
          lines.reduce((sum, line) => sum + line.units, 0n),
          0n,
        );
        assert.equal(
          lines.reduce((sum, line) => sum + line.baskets + line.orders, 0),
          0,
        );
      }
    }),
  );
});
