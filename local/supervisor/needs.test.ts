import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNeeds, leaningOn } from './needs.ts';

const UNITS = [
  { name: 'postgres', needs: [] },
  { name: 'kafka', needs: [] },
  { name: 'order-1', needs: ['postgres', 'kafka'] },
];

test('needs that can be met pass', () => {
  checkNeeds(UNITS);
});

test('a need for something that there is not is named', () => {
  assert.throws(() => checkNeeds([{ name: 'order-1', needs: ['postgres'] }]), /order-1 needs postgres/);
});

test('a ring is named', () => {
  const ring = [
    { name: 'a', needs: ['b'] },
    { name: 'b', needs: ['a'] },
  ];
  assert.throws(() => checkNeeds(ring), /a -> b -> a/);
});

test('who leans on a part is known, so that it stops last', () => {
  assert.deepEqual(leaningOn('postgres', UNITS), ['order-1']);
  assert.deepEqual(leaningOn('order-1', UNITS), []);
});
