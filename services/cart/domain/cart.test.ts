import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admit, MAX_LINE_QUANTITY, MAX_LINES, merge, price, type Variant } from './cart.ts';
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

const lines = (count: number, quantity = 1) =>
  Array.from({ length: count }, (_, index) => ({ sku: `s${index}`, quantity }));

test('admit: bounds on lines and quantities, above and below zero', () => {
  const one = { sku: 'new', delta: 1, available: true };
  assert.equal(admit([], one), undefined);
  assert.equal(admit([], { ...one, available: false }), 'SKU_UNAVAILABLE');
  assert.equal(admit(lines(MAX_LINES), one), 'CART_FULL');
  assert.equal(admit(lines(MAX_LINES), { ...one, sku: 's0' }), undefined);
  assert.equal(admit(lines(MAX_LINES, 0), one), undefined, 'lines of nothing take no room');
  assert.equal(admit(lines(1, MAX_LINE_QUANTITY), { ...one, sku: 's0' }), 'CART_FULL');
  const less = { sku: 's0', delta: -5, available: false };
  assert.equal(admit(lines(MAX_LINES), less), undefined);
  assert.equal(admit(lines(MAX_LINES), { ...less, sku: 'new' }), 'CART_FULL');
  assert.equal(admit(lines(1, -MAX_LINE_QUANTITY), less), 'CART_FULL');
});

test('merge: as much as fits, and nothing of what was taken off', () => {
  const cheese = (quantity: number) => [{ sku: 'cheese', quantity }];
  assert.deepEqual(merge([], cheese(2)), cheese(2));
  assert.deepEqual(merge(cheese(3), cheese(2)), cheese(2));
  assert.deepEqual(merge(cheese(MAX_LINE_QUANTITY - 1), cheese(2)), cheese(1));
  assert.deepEqual(merge(cheese(MAX_LINE_QUANTITY), cheese(2)), []);
  assert.deepEqual(merge([], cheese(-2)), []);
  assert.deepEqual(merge(lines(MAX_LINES), [...cheese(1), { sku: 's0', quantity: 1 }]), [
    { sku: 's0', quantity: 1 },
  ]);
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
