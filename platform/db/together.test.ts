import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Together } from './together.ts';

test('what is locked together is found as its last change left it, and written together', () => {
  const together = new Together<number, string>();
  const transaction = {};
  together.open(transaction, [
    ['a', 1],
    ['b', 10],
  ]);
  assert.equal(together.find(transaction, 'a'), 1);
  assert.ok(together.change(transaction, 'a', 2, 'a to 2'));
  assert.ok(together.change(transaction, 'b', 20, 'b to 20'));
  assert.ok(together.change(transaction, 'a', 3, 'a to 3'));
  assert.equal(together.find(transaction, 'a'), 3);
  assert.deepEqual(together.close(transaction), ['a to 2', 'b to 20', 'a to 3']);
});

test('what is not held is to be written at once', () => {
  const together = new Together<number, string>();
  const transaction = {};
  assert.equal(together.change(transaction, 'a', 1, 'a'), false);
  together.open(transaction, [['a', 1]]);
  assert.equal(together.find(transaction, 'b'), undefined);
  assert.equal(together.change(transaction, 'b', 1, 'b'), false);
  assert.equal(together.find({}, 'a'), undefined);
  assert.equal(together.change({}, 'a', 1, 'a'), false);
  assert.deepEqual(together.close(transaction), []);
  assert.equal(together.change(transaction, 'a', 1, 'a'), false);
});
