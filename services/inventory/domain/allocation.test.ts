import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocate } from './allocation.ts';
import { sumBySku } from './quantity.ts';
import type { Shelf } from './shelf.ts';

test('I-06 lines of one SKU are summed before the check', () => {
  const wants = sumBySku([
    { sku: 'B', quantity: 60 },
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 60 },
  ]);
  assert.deepEqual(wants, [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 120 },
  ]);
  assert.deepEqual(allocate(wants, [shelf('A', 'main', 0, 5), shelf('B', 'main', 0, 100)]), {
    kind: 'none',
    shortages: [{ sku: 'B', requested: 120, available: 100 }],
  });
});

test('names like those of objects are SKUs as any other', () => {
  const wants = sumBySku([
    { sku: '__proto__', quantity: 1 },
    { sku: 'constructor', quantity: 2 },
    { sku: '__proto__', quantity: 3 },
  ]);
  assert.deepEqual(wants, [
    { sku: '__proto__', quantity: 4 },
    { sku: 'constructor', quantity: 2 },
  ]);
});

test('every shortage is told, unknown SKUs too', () => {
  const wants = [
    { sku: 'A', quantity: 3 },
    { sku: 'B', quantity: 1 },
    { sku: 'C', quantity: 1 },
  ];
  assert.deepEqual(allocate(wants, [shelf('A', 'main', 0, 5, 3), shelf('C', 'main', 0, 1)]), {
    kind: 'none',
    shortages: [
      { sku: 'A', requested: 3, available: 2 },
      { sku: 'B', requested: 1, available: 0 },
    ],
  });
});

test('stock is taken by priority, and from the next location only when that is not enough', () => {
  const shelves = [
    shelf('A', 'far', 9, 100),
    shelf('A', 'b', 1, 3),
    shelf('A', 'a', 1, 4, 2),
    shelf('A', 'empty', 0, 0),
  ];
  assert.deepEqual(allocate([{ sku: 'A', quantity: 4 }], shelves), {
    kind: 'all',
    lines: [
      { sku: 'A', locationId: 'a', quantity: 2 },
      { sku: 'A', locationId: 'b', quantity: 2 },
    ],
  });
});

function shelf(sku: string, locationId: string, priority: number, onHand: number, reserved = 0): Shelf {
  return { sku, locationId, priority, onHand, reserved, restockThreshold: 0 };
}
