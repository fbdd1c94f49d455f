import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { amountOf, cents, toLine } from './line.ts';

const row = (over = {}) => ({
  product_id: 7n,
  quantity: 2n,
  sales_value: 2.78,
  retail_disc: 0.8,
  coupon_match_disc: 0,
  ...over,
});
const known = () => true;

test('the unit price is the shelf price a piece, and the discount the rest', () => {
  assert.deepEqual(toLine(row(), known), { sku: '7', quantity: 2, unitPrice: 179, discount: 80 });
});

test('what is sold by measure is one piece', () => {
  const fuel = row({ quantity: 13_251n, sales_value: 33.22, retail_disc: 1.33 });
  assert.deepEqual(toLine(fuel, known), { sku: '7', quantity: 1, unitPrice: 3455, discount: 133 });
});

test('rows without a quantity or a known product are left out, by name', () => {
  assert.equal(toLine(row({ quantity: 0n }), known), 'no quantity');
  assert.equal(
    toLine(row(), () => false),
    'unknown product',
  );
});

test('I-17 a line costs the sales value to the cent, with no part below zero', () => {
  const dollars = fc.integer({ min: 0, max: 100_000 }).map((amount) => amount / 100);
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 100_000n }),
      dollars,
      dollars,
      dollars,
      (quantity, paid, card, match) => {
        const line = toLine(
          row({ quantity, sales_value: paid, retail_disc: card, coupon_match_disc: match }),
          known,
        );
        assert.ok(typeof line === 'object');
        assert.equal(amountOf(line), cents(paid));
        assert.ok(line.quantity >= 1 && line.unitPrice >= 0 && line.discount >= 0);
        assert.ok([line.quantity, line.unitPrice, line.discount].every(Number.isSafeInteger));
      },
    ),
  );
});
