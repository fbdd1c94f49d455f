import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dollars, newTally, quantile, renderTally } from './tally.ts';

test('quantile of sorted values, and of none', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(quantile(values, 0.5), 51);
  assert.equal(quantile(values, 0.99), 100);
  assert.equal(quantile([], 0.5), undefined);
});

test('dollars keep every cent', () => {
  assert.equal(dollars(0), '$0.00');
  assert.equal(dollars(459_585_449), '$4,595,854.49');
  assert.equal(dollars(-105), '-$1.05');
});

test('a line names troubles only where there are some', () => {
  const tally = { ...newTally(), paid: 50, revenue: 1234, sagaTimes: [90, 100, 110] };
  assert.equal(
    renderTally(tally, 2, 450),
    '   2 s   50 orders paid (25/s)   450 events (225/s)   saga p50 100 ms, p99 110 ms   $12.34',
  );
  assert.match(renderTally({ ...tally, undone: 1 }, 2, 450), /1 undone$/);
});
