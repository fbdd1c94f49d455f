import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementsOf } from './migrate.ts';

test('statements end with a semicolon at the end of a line', () => {
  const sql =
    "-- first; second\nCREATE TABLE a (b String);\n\n-- c\nINSERT INTO a VALUES ('x;y');\n-- the end\n";
  assert.deepEqual(statementsOf(sql), [
    '-- first; second\nCREATE TABLE a (b String)',
    "-- c\nINSERT INTO a VALUES ('x;y')",
  ]);
});
