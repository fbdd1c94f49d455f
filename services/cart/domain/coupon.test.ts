import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Coupon, canHold, discountOf, HOLD_STEPS, type HoldCommand, type HoldState } from './coupon.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const coupon = (over: Partial<Coupon> = {}): Coupon => ({
  code: 'TEN',
  benefit: { kind: 'percent', basisPoints: 1000 },
  redemptionLimit: 0,
  perUserLimit: 0,
  minimumSubtotal: 0n,
  expireTime: undefined,
  heldCount: 0,
  redeemedCount: 0,
  ...over,
});

test('discountOf rounds down, keeps to the subtotal, the minimum and the time', () => {
  assert.equal(discountOf(coupon(), 1999n, NOW), 199n);
  assert.equal(discountOf(coupon({ benefit: { kind: 'amount', minorUnits: 500n } }), 300n, NOW), 300n);
  assert.equal(discountOf(coupon({ minimumSubtotal: 2000n }), 1999n, NOW), 0n);
  assert.equal(discountOf(coupon({ expireTime: NOW }), 1999n, NOW), 0n);
  assert.equal(discountOf(coupon({ expireTime: new Date(NOW.getTime() + 1) }), 1999n, NOW), 199n);
});

test('canHold counts what is held as well as what is redeemed', () => {
  assert.equal(canHold(coupon({ redemptionLimit: 2, heldCount: 1 }), 0, NOW), true);
  assert.equal(canHold(coupon({ redemptionLimit: 2, heldCount: 1, redeemedCount: 1 }), 0, NOW), false);
  assert.equal(canHold(coupon({ perUserLimit: 1 }), 1, NOW), false);
  assert.equal(canHold(coupon({ expireTime: NOW }), 0, NOW), false);
});

test('I-27 under any commands of any orders, in any order and repeated, the counts are those of the holds', () => {
  const command = fc.record({
    order: fc.integer({ min: 0, max: 4 }),
    command: fc.constantFrom<HoldCommand>('hold', 'redeem', 'return'),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (commands, limit) => {
      let state = coupon({ redemptionLimit: limit });
      const holds = new Map<number, HoldState>();
      const returned = new Map<number, number>();
      for (const { order, command } of commands) {
        const before = holds.get(order) ?? 'none';
        const step = HOLD_STEPS[before][command];
        if (step === 'ignored') {
          continue;
        }
        const refused = command === 'hold' && !canHold(state, 0, NOW);
        const next = refused ? { to: 'REJECTED' as const, held: 0, redeemed: 0 } : step;
        holds.set(order, next.to);
        state = {
          ...state,
          heldCount: state.heldCount + next.held,
          redeemedCount: state.redeemedCount + next.redeemed,
        };
        if (next.to === 'RETURNED') {
          returned.set(order, (returned.get(order) ?? 0) + 1);
        }
        assert.ok(state.heldCount + state.redeemedCount <= limit);
      }
      const inState = (wanted: HoldState) => [...holds.values()].filter((held) => held === wanted).length;
      assert.equal(state.heldCount, inState('HELD'));
      assert.equal(state.redeemedCount, inState('REDEEMED'));
      assert.ok([...returned.values()].every((times) => times === 1));
    }),
  );
});
