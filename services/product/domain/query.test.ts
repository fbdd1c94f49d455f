import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bandName, PRICE_BANDS, toTsQuery, wordsOf } from './query.ts';

test('words are letters and digits, whatever else was typed', () => {
  assert.deepEqual(wordsOf("  Ben & Jerry's: 16OZ!"), ['ben', 'jerry', 's', '16oz']);
  assert.deepEqual(wordsOf('café ½ ＣＨＥＥＳＥ'), ['café', '1', '2', 'cheese']);
  assert.deepEqual(wordsOf(' :*&|!()<-> '), []);
});

test('a tsquery asks for all words, the last one by its beginning', () => {
  assert.equal(toTsQuery(['string', 'chee']), 'string & chee:*');
  assert.equal(toTsQuery([]), '');
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
