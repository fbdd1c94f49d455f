import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';

let database: TestDatabase<object>;
before(async () => {
  database = await testDatabase({}, { poolSize: 1 });
});
after(() => database.drop());

const preparedStatements = async () => {
  const { rows } = await sql<{ statement: string; runs: bigint }>`
    select statement, generic_plans + custom_plans as runs from pg_prepared_statements`.execute(database.db);
  return rows;
};

test('a statement that comes often is prepared, and answers as before', async () => {
  for (const number of [1, 2, 3, 4]) {
    const { rows } = await sql<{ n: bigint }>`select ${number}::bigint as n`.execute(database.db);
    assert.deepEqual(rows, [{ n: BigInt(number) }]);
  }
  assert.deepEqual(await preparedStatements(), [{ statement: 'select $1::bigint as n', runs: 2n }]);
});

test('one that selects * is not, so that a migration may add a column under it', async () => {
  await sql`create table wide (a int)`.execute(database.db);
  await sql`insert into wide values (1)`.execute(database.db);
  const select = () => sql`select * from wide where a = ${1}`.execute(database.db);
  for (let i = 0; i < 5; i++) {
    await select();
  }
  await sql`alter table wide add column b int`.execute(database.db);
  assert.deepEqual((await select()).rows, [{ a: 1, b: null }]);
});

test('a * within parentheses is no part of the result, and keeps nothing from being prepared', async () => {
  await sql`create table deep (a int)`.execute(database.db);
  const select = () =>
    sql`with all_of_it as (select * from deep where a in (select * from unnest(${[1, 2]}::int[])))
      select count(*) as n from all_of_it`.execute(database.db);
  for (let i = 0; i < 5; i++) {
    await select();
  }
  assert.ok((await preparedStatements()).some(({ statement }) => statement.startsWith('with all_of_it')));
  await sql`alter table deep add column b int`.execute(database.db);
  assert.deepEqual((await select()).rows, [{ n: 0n }]);
});

test('a prepared statement is planned once, not for each set of values', async () => {
  const { rows } = await sql<{ generic: bigint; custom: bigint }>`
    select sum(generic_plans) as generic, sum(custom_plans) as custom from pg_prepared_statements`.execute(
    database.db,
  );
  assert.equal(Number(rows[0]?.custom), 0);
  assert.ok(Number(rows[0]?.generic) > 0);
});

test('a prepared statement that fails leaves the connection usable', async () => {
  const divide = (by: number) => sql<{ n: number }>`select 6 / ${by}::integer as n`.execute(database.db);
  for (const by of [1, 2, 3]) {
    await divide(by);
  }
  await assert.rejects(divide(0), /division by zero/);
  assert.deepEqual((await divide(2)).rows, [{ n: 3 }]);
});
