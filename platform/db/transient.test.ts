import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { AmbiguousCommit } from './ambiguous-commit.ts';
import { isConflict, isDisconnect, isTransient } from './transient.ts';

function databaseError(code: string, constraint?: string): Error {
  return Object.assign(new pg.DatabaseError('message', 1, 'error'), { code, constraint });
}

test('errors are told apart by whether the same work may succeed', () => {
  const kinds = (error: unknown) => [isConflict(error), isDisconnect(error), isTransient(error)];
  assert.deepEqual(kinds(databaseError('40P01')), [true, false, true]);
  assert.deepEqual(kinds(databaseError('40001')), [true, false, true]);
  assert.deepEqual(kinds(databaseError('23505', 'outbox_history')), [true, false, true]);
  assert.deepEqual(kinds(databaseError('23505', 'orders_pkey')), [false, false, false]);
  assert.deepEqual(kinds(databaseError('57P01')), [false, true, true]);
  assert.deepEqual(kinds(databaseError('53300')), [false, true, true]);
  assert.deepEqual(kinds(databaseError('57014')), [false, false, true]);
  assert.deepEqual(kinds(databaseError('22012')), [false, false, false]);
  assert.deepEqual(kinds(new AmbiguousCommit(undefined)), [false, true, true]);
  assert.deepEqual(kinds(Object.assign(new Error('x'), { code: 'ECONNRESET' })), [false, true, true]);
  assert.deepEqual(kinds(new Error('Connection terminated unexpectedly')), [false, true, true]);
  assert.deepEqual(kinds(new Error('a bug')), [false, false, false]);
});
