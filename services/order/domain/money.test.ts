import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxMinorUnits, type PricedLine, price } from './money.ts';

const nothing = { discount: 0n, shipping: 0n, tax: 0n };
const line = (quantity: number, unitPrice: bigint, discount = 0n): PricedLine => ({
  sku: 'A',
  title: 'A',
  categoryPath: [],
  quantity,
  unitPrice,
  discount,
});
const anyLine = fc
  .tuple(fc.integer({ min: -2, max: 100_000 }), anyUnits(), anyUnits())
  .map(([quantity, unitPrice, discount]) => line(quantity, unitPrice, discount));

function anyUnits() {
  return fc.oneof(
    fc.bigInt({ min: -5n, max: 100_000n }),
    fc.bigInt({ min: maxMinorUnits / 200_000n, max: maxMinorUnits }),
  );
}

test('I-17 what is priced adds up exactly, is above zero and fits an int64', () => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { minLength: 1, maxLength: 8 }),
      fc.record({ discount: anyUnits(), shipping: anyUnits(), tax: anyUnits() }),
      (lines, charges) => {
        const priced = price('USD', lines, charges);
        if (priced.kind !== 'priced') {
          return;
        }
        const { totals } = priced;
        const exact = lines.reduce((sum, each) => sum + BigInt(each.quantity) * each.unitPrice, 0n);
        const off = lines.reduce((sum, each) => sum + each.discount, 0n);
        assert.equal(totals.subtotal, exact - off);
        assert.equal(totals.total, totals.subtotal - charges.discount + charges.shipping + charges.tax);
        assert.equal(
          totals.subtotal,
          priced.lines.reduce((sum, each) => sum + each.amount, 0n),
        );
        for (const amount of [totals.total, totals.subtotal, ...priced.lines.map((each) => each.amount)]) {
          assert.ok(amount >= 0n && amount <= maxMinorUnits);
        }
        assert.ok(totals.total > 0n);
      },
    ),
    { numRuns: 2000 },
  );
});

test('I-17 good lines are never refused', () => {
  const good = fc
    .tuple(fc.integer({ min: 1, max: 100_000 }), fc.bigInt({ min: 1n, max: 10_000_000n }), fc.nat(100))
    .map(([quantity, unitPrice, percent]) =>
      line(quantity, unitPrice, (BigInt(quantity) * unitPrice * BigInt(percent)) / 101n),
    );
  fc.assert(
    fc.property(fc.array(good, { minLength: 1, maxLength: 500 }), (lines) => {
      assert.equal(price('USD', lines, nothing).kind, 'priced');
    }),
  );
});

test('a weighed line comes out to the cent: 3 at 34 less 1 is 101', () => {
  const priced = price('USD', [line(3, 34n, 1n)], nothing);
  assert.equal(priced.kind === 'priced' && priced.totals.total, 101n);
});

const refused: readonly [string, readonly PricedLine[], Partial<typeof nothing>][] = [
  ['nothing to pay', [line(2, 0n)], {}],
  ['a coupon for all of it', [line(1, 100n)], { discount: 100n }],
  ['a coupon for more than it', [line(1, 100n)], { discount: 101n, shipping: 500n }],
  ['a discount above its line, hidden by another line', [line(1, 100n, 101n), line(1, 100n)], {}],
  ['quantity zero', [line(0, 100n)], {}],
  ['a negative quantity', [line(-1, 100n), line(2, 100n)], {}],
  ['half a piece', [line(0.5, 100n)], {}],
  ['a negative price', [line(1, -1n), line(1, 100n)], {}],
  ['a negative discount', [line(1, 100n, -1n)], {}],
  ['an amount above int64', [line(2, maxMinorUnits)], {}],
  ['amounts that only together exceed int64', [line(1, maxMinorUnits), line(1, 1n)], {}],
  ['a charge that makes the total exceed int64', [line(1, maxMinorUnits)], { shipping: 1n }],
  ['a negative charge', [line(1, 100n)], { shipping: -1n }],
];
for (const [name, lines, charges] of refused) {
  test(`S-18 refused: ${name}`, () => {
    assert.equal(price('USD', lines, { ...nothing, ...charges }).kind, 'total-invalid');
  });
}
