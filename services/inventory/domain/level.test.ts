import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossings, levelOf } from './level.ts';
import type { Shelf } from './shelf.ts';

const where = { sku: 'A', locationId: 'main' };

test('a shelf is out at zero, low below its threshold, and enough at it', () => {
  assert.equal(levelOf(shelf(10, 10, 3)), 'OUT');
  assert.equal(levelOf(shelf(10, 8, 3)), 'LOW');
  assert.equal(levelOf(shelf(10, 7, 3)), 'ENOUGH');
  assert.equal(levelOf(shelf(1, 0, 0)), 'ENOUGH', 'a threshold of zero never makes it low');
});

test('a fact is told for a crossing, and none within a level', () => {
  assert.deepEqual(crossings([shelf(10, 0, 5)], [change(0, 5)]), []);
  assert.deepEqual(crossings([shelf(10, 0, 5)], [change(0, 6)]), [
    { ...where, kind: 'ranLow', available: 4, restockThreshold: 5 },
  ]);
  assert.deepEqual(crossings([shelf(10, 6, 5)], [change(0, 3)]), []);
  assert.deepEqual(crossings([shelf(10, 0, 5)], [change(0, 10)]), [{ ...where, kind: 'ranOut' }]);
  assert.deepEqual(crossings([shelf(10, 10, 5)], [change(0, -1)]), [
    { ...where, kind: 'ranLow', available: 1, restockThreshold: 5 },
  ]);
  assert.deepEqual(crossings([shelf(10, 10, 5)], [change(0, -5)]), [
    { ...where, kind: 'replenished', available: 5 },
  ]);
});

test('selling what was reserved changes no level', () => {
  assert.deepEqual(crossings([shelf(10, 10, 5)], [change(-10, -10)]), []);
});

test('I-02 a change that would break the figures throws, and so does one of a shelf that is not there', () => {
  assert.throws(() => crossings([shelf(10, 9, 0)], [change(0, 2)]), RangeError);
  assert.throws(() => crossings([shelf(10, 1, 0)], [change(0, -2)]), RangeError);
  assert.throws(() => crossings([shelf(10, 9, 0)], [change(-2, 0)]), RangeError);
  assert.throws(() => crossings([], [change(0, 1)]), RangeError);
});

function shelf(onHand: number, reserved: number, restockThreshold: number): Shelf {
  return { ...where, priority: 0, onHand, reserved, restockThreshold };
}

function change(onHand: number, reserved: number) {
  return { ...where, onHand, reserved };
}
