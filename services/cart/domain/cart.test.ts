import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admit, MAX_LINE_QUANTITY, MAX_LINES, price, type Variant } from './cart.ts';
import type { Coupon } from './coupon.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

const variant = (sku: string, unitPrice: bigint, available = true): Variant => ({
  sku,
  productId: sku,
  title: sku,
  categoryPath: ['GROCERY'],
  unitPrice,
  available,
});

test('price sums what is available and shows the rest at nothing', () => {
  const priced = price(
    [
      { sku: 'a', quantity: 2 },
      { sku: 'gone', quantity: 1 },
      { sku: 'unknown', quantity: 1 },
      { sku: 'b', quantity: 3 },
    ],
    new Map([variant('a', 150n), variant('b', 99n), variant('gone', 10n, false)].map((v) => [v.sku, v])),
    undefined,
    NOW,
  );
  assert.deepEqual(
    priced.lines.map(({ sku, amount, available }) => [sku, amount, available]),
    [
      ['a', 300n, true],
      ['gone', 0n, false],
      ['unknown', 0n, false],
      ['b', 297n, true],
    ],
  );
  assert.equal(priced.subtotal, 597n);
  assert.equal(priced.total, 597n);
});

test('a line whose net count is not above zero is not in the cart', () => {
  const variants = new Map([['a', variant('a', 100n)]]);
  for (const quantity of [0, -1, -500]) {
    assert.deepEqual(price([{ sku: 'a', quantity }], variants, undefined, NOW).lines, []);
  }
});

test('admit: bounds on lines and quantities, and removals always pass', () => {
  const open = { delta: 1, quantityBefore: 0, lineCount: 0, available: true };
  assert.equal(admit(open), undefined);
  assert.equal(admit({ ...open, available: false }), 'SKU_UNAVAILABLE');
  assert.equal(admit({ ...open, lineCount: MAX_LINES }), 'CART_FULL');
  assert.equal(admit({ ...open, lineCount: MAX_LINES, quantityBefore: 1 }), undefined);
  assert.equal(admit({ ...open, quantityBefore: MAX_LINE_QUANTITY }), 'CART_FULL');
  assert.equal(admit({ ...open, delta: -5, available: false, lineCount: MAX_LINES }), undefined);
});

test('additions and removals come to the same cart in whichever order they arrive', () => {
  const change = fc.record({ sku: fc.constantFrom('a', 'b', 'c'), delta: fc.integer({ min: -9, max: 9 }) });
  const variants = new Map(['a', 'b', 'c'].map((sku) => [sku, variant(sku, 10n)]));
  const total = (changes: readonly { sku: string; delta: number }[]) => {
    const lines = new Map<string, number>();
    for (const { sku, delta } of changes) {
      lines.set(sku, (lines.get(sku) ?? 0) + delta);
    }
    const stored = [...lines].map(([sku, quantity]) => ({ sku, quantity }));
    return price(stored, variants, undefined, NOW).total;
  };
  fc.assert(
    fc.property(
      fc
        .array(change, { maxLength: 20 })
        .chain((changes) =>
          fc.tuple(
            fc.constant(changes),
            fc.shuffledSubarray(changes, { minLength: changes.length, maxLength: changes.length }),
          ),
        ),
      ([changes, shuffled]) => assert.equal(total(changes), total(shuffled)),
    ),
  );
});

test('a total is never below zero, whatever the coupon', () => {
  const benefit = fc.oneof(
    fc.record({ kind: fc.constant('percent' as const), basisPoints: fc.integer({ min: 1, max: 10_000 }) }),
    fc.record({ kind: fc.constant('amount' as const), minorUnits: fc.bigInt({ min: 1n, max: 10n ** 12n }) }),
  );
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.integer({ min: 1, max: 10_000 }),
      benefit,
      (unit, quantity, b) => {
        const coupon: Coupon = {
          code: 'C',
          benefit: b,
          redemptionLimit: 0,
          perUserLimit: 0,
          minimumSubtotal: 0n,
          expireTime: undefined,
          heldCount: 0,
          redeemedCount: 0,
        };
        const { subtotal, discount, total } = price(
          [{ sku: 'a', quantity }],
          new Map([['a', variant('a', unit)]]),
          coupon,
          NOW,
        );
        assert.equal(subtotal, unit * BigInt(quantity));
        assert.equal(total, subtotal - discount);
        assert.ok(total >= 0n && discount >= 0n);
      },
    ),
  );
});
