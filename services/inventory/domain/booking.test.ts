import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Booking, book } from './booking.ts';
import type { Shelf } from './shelf.ts';

const where = { sku: 'A', locationId: 'main' };

test('a first receipt makes the shelf and tells one fact only', () => {
  const result = book(booking('RECEIPT', 3, 5), undefined);
  assert.ok(result.kind === 'booked');
  assert.equal(result.booked.isNew, true);
  assert.deepEqual(result.booked.facts, [{ ...where, kind: 'received', quantity: 3, onHand: 3 }]);
  assert.equal(result.booked.after.restockThreshold, 5);
});

test('a receipt that brings a shelf back above its threshold tells so after itself', () => {
  const result = book(booking('RECEIPT', 8), shelf(2, 2, 5));
  assert.ok(result.kind === 'booked');
  assert.deepEqual(result.booked.facts, [
    { ...where, kind: 'received', quantity: 8, onHand: 10 },
    { ...where, kind: 'replenished', available: 8 },
  ]);
});

test('an adjustment stops at what is reserved', () => {
  assert.equal(book(booking('ADJUSTMENT', -8), shelf(10, 3, 0)).kind, 'belowReserved');
  const result = book(booking('ADJUSTMENT', -7), shelf(10, 3, 0));
  assert.ok(result.kind === 'booked');
  assert.deepEqual(result.booked.facts, [
    { ...where, kind: 'adjusted', delta: -7, onHand: 3 },
    { ...where, kind: 'ranOut' },
  ]);
});

test('another threshold may make a shelf low, and moves nothing', () => {
  const result = book(booking('THRESHOLD', 0, 20), shelf(10, 3, 0));
  assert.ok(result.kind === 'booked');
  assert.deepEqual(result.booked.facts, [{ ...where, kind: 'ranLow', available: 7, restockThreshold: 20 }]);
  assert.equal(result.booked.after.onHand, 10);
});

test('only a receipt makes a shelf', () => {
  assert.throws(() => book(booking('ADJUSTMENT', 1), undefined), RangeError);
});

function shelf(onHand: number, reserved: number, restockThreshold: number): Shelf {
  return { ...where, priority: 0, onHand, reserved, restockThreshold };
}

function booking(kind: Booking['kind'], quantity: number, restockThreshold?: number): Booking {
  return { ...where, kind, quantity, restockThreshold, note: '' };
}
