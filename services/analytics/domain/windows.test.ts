import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finestFor, windowsIn } from './windows.ts';

const day = 86_400_000;

test('a range that ends within a window counts that window', () => {
  assert.equal(windowsIn({ start: 0, end: 60_000 }, 'MINUTE'), 1);
  assert.equal(windowsIn({ start: 0, end: 60_001 }, 'MINUTE'), 2);
  assert.equal(windowsIn({ start: 0, end: day * 3 }, 'HOUR'), 72);
});

test('up to a day is told by the minute', () => {
  assert.equal(finestFor({ start: day, end: day * 2 }), 'MINUTE');
  assert.equal(finestFor({ start: day, end: day * 2 + 1 }), 'HOUR');
});
