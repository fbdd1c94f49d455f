import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bandName, bandOf, PRICE_BANDS, wordsOf } from './query.ts';

test('words are letters and digits, whatever else was typed', () => {
  assert.deepEqual(wordsOf("  Ben & Jerry's: 16OZ!"), ['ben', 'jerry', 's', '16oz']);
  assert.deepEqual(wordsOf('café ½ ＣＨＥＥＳＥ'), ['café', '1', '2', 'cheese']);
  assert.deepEqual(wordsOf(' :*&|!()<-> '), []);
});

test('S-30 S-32 no text makes an operator or an endless query', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      const words = wordsOf(text);
      assert.ok(words.length <= 12);
      assert.ok(words.every((word) => word.length <= 40 && /^[\p{L}\p{N}]+$/u.test(word)));
    }),
  );
});

test('price bands are named without gaps', () => {
  assert.deepEqual(PRICE_BANDS.map(bandName).slice(0, 3), ['0-99', '100-249', '250-499']);
  assert.equal(bandName(10_000), '10000-');
});

test('a price is in the band that begins at or below it', () => {
  assert.deepEqual([0, 99, 100, 9_999, 10_000, 1e12].map(bandOf), [0, 0, 1, 6, 7, 7]);
});
