import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { edges } from './domain/checkout-edges.ts';
import { drawCheckout, drawingPath } from './draw.ts';

test('docs/checkout-saga.md is what the tables say', () => {
  assert.equal(readFileSync(drawingPath, 'utf8'), drawCheckout(), 'run node services/order/draw.ts');
});

test('every edge is drawn', () => {
  const drawn = drawCheckout();
  for (const { name } of edges) {
    assert.ok(drawn.includes(`| ${name} |`), name);
  }
});
