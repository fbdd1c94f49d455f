import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { prepared } from './prepared.ts';

let database: TestDatabase<object>;
before(async () => {
  database = await testDatabase({}, { poolSize: 1 });
});
after(() => database.drop());

test('a marked statement is prepared once a connection, and answers as any other', async () => {
  for (const number of [1, 2, 3]) {
    const marked = await sql<{ n: bigint }>`select ${number}::bigint as n ${prepared}`.execute(database.db);
    const plain = await sql<{ n: bigint }>`select ${number}::bigint as n`.execute(database.db);
    assert.deepEqual(marked.rows, plain.rows);
  }
  const { rows } = await sql`
    select statement, generic_plans + custom_plans as runs from pg_prepared_statements`.execute(database.db);
  assert.deepEqual(rows, [{ statement: 'select $1::bigint as n /* prepared */', runs: 3n }]);
});

test('a marked statement that fails leaves the connection usable', async () => {
  const divide = (by: number) =>
    sql<{ n: number }>`select 6 / ${by}::integer as n ${prepared}`.execute(database.db);
  await assert.rejects(divide(0), /division by zero/);
  assert.deepEqual((await divide(2)).rows, [{ n: 3 }]);
});
