import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tx } from './database.ts';
import { Together } from './together.ts';

/** Numbers under one lock each, and what was done to them, statement by statement. */
function stage(stored: Readonly<Record<string, number>>) {
  const statements: string[] = [];
  const together = new Together<unknown, number, string>({
    select: async (_tx, ids) => {
      statements.push(`select ${ids.join()}`);
      return ids.flatMap((id) => (stored[id] === undefined ? [] : [[id, stored[id]] as const]));
    },
    write: async (_tx, changes) => {
      statements.push(`write ${changes.join()}`);
    },
  });
  const transaction = () => ({ db: {}, append: () => undefined }) as unknown as Tx<unknown>;
  return { together, statements, transaction };
}

test('what is locked together is found as its last change left it, and written together', async () => {
  const { together, statements, transaction } = stage({ a: 1, b: 10 });
  const tx = transaction();
  const end = await together.begin(tx, ['a', 'b']);
  assert.equal(await together.lock(tx, 'a'), 1);
  await together.change(tx, 'a', 2, 'a to 2');
  await together.change(tx, 'b', 20, 'b to 20');
  await together.change(tx, 'a', 3, 'a to 3');
  assert.equal(await together.lock(tx, 'a'), 3);
  await end();
  assert.deepEqual(statements, ['select a,b', 'write a to 2,b to 20,a to 3']);
});

test('what is not held is locked and written at once', async () => {
  const { together, statements, transaction } = stage({ a: 1, b: 10 });
  const tx = transaction();
  await together.change(tx, 'a', 1, 'a');
  const end = await together.begin(tx, ['a']);
  assert.equal(await together.lock(tx, 'b'), 10);
  assert.equal(await together.lock(tx, 'none'), undefined);
  await together.change(tx, 'b', 1, 'b');
  assert.equal(await together.lock(transaction(), 'a'), 1);
  await together.change(transaction(), 'a', 1, 'elsewhere');
  await end();
  await together.change(tx, 'a', 1, 'after');
  assert.deepEqual(statements, [
    'write a',
    'select a',
    'select b',
    'select none',
    'write b',
    'select a',
    'write elsewhere',
    'write after',
  ]);
});
