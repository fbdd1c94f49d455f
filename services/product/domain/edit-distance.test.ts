import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance } from './edit-distance.ts';

test('slips are counted', () => {
  const slips = {
    'milk milk': 0,
    'milk mlik': 1,
    'milk mil': 1,
    'milk silk': 1,
    ' a': 1,
    'yogurht yoghurt': 2,
  };
  for (const [pair, count] of Object.entries(slips)) {
    const [one = '', other = ''] = pair.split(' ');
    assert.equal(editDistance(one, other), count, pair);
  }
});

test('it is the same both ways, and none only between the same', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      assert.equal(editDistance(one, other), editDistance(other, one));
      assert.equal(editDistance(one, other) === 0, one === other);
    }),
  );
});
