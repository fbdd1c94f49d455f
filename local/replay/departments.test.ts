import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, salesOf } from './departments.ts';

const titles = new Map([
  ['1', { title: 'cheese', path: ['GROCERY', 'CHEESE'] }],
  ['2', { title: 'milk', path: ['GROCERY', 'MILK'] }],
  ['3', { title: 'ham', path: ['MEAT'] }],
]);
const line = (sku: string, quantity: number, unitPrice: number, discount = 0) => ({
  sku,
  quantity,
  unitPrice,
  discount,
});
const basket = (basketId: string, ...lines: ReturnType<typeof line>[]) => ({
  basketId,
  household: 1,
  time: '2017-01-01T00:00:00Z',
  lines,
});

test('a basket counts once for each department it has lines of', () => {
  const sales = salesOf(
    [basket('a', line('1', 2, 150, 10), line('2', 1, 99), line('3', 1, 500)), basket('b', line('2', 3, 99))],
    titles,
  );
  assert.deepEqual(sales.get('GROCERY'), { revenue: 290 + 99 + 297, units: 6, baskets: 2 });
  assert.deepEqual(sales.get('MEAT'), { revenue: 500, units: 1, baskets: 1 });
});

test('a cent, a unit or a basket too few on either side is a difference', () => {
  const input = new Map([['GROCERY', { revenue: 100, units: 2, baskets: 1 }]]);
  assert.equal(compare(input, new Map(input))[0]?.equal, true);
  for (const off of [{ revenue: 99 }, { units: 3 }, { baskets: 0 }]) {
    const found = new Map([['GROCERY', { revenue: 100, units: 2, baskets: 1, ...off }]]);
    assert.equal(compare(input, found)[0]?.equal, false);
  }
  assert.equal(compare(input, new Map())[0]?.equal, false);
  assert.equal(compare(new Map(), input)[0]?.equal, false);
});
