import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { nobody, runInContext } from '#platform/context/context.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { AmbiguousCommit } from './ambiguous-commit.ts';
import type { MigrationSet } from './database.ts';
import { migrate } from './migrate.ts';
import { isDisconnect } from './transient.ts';

type Tables = { counter: { id: string; value: bigint } };

const migrations: MigrationSet = {
  '0001_counter': {
    async up(db) {
      await sql`create table counter (id text primary key, value bigint not null)`.execute(db);
      await sql`insert into counter values ('a', 0), ('b', 0)`.execute(db);
    },
  },
};
const schema = testEvents('test.database.v1');
const fact = (id: string, sequence: number) =>
  domainEvent(schema, { id, sequence }, { event: { case: 'noted', value: { number: sequence, text: '' } } });

let database: TestDatabase<Tables>;
before(async () => {
  database = await testDatabase<Tables>(migrations);
});
after(() => database.drop());

const bump = (id: string) => sql`update counter set value = value + 1 where id = ${id}`;
const readCounter = async (id: string) =>
  (await database.db.selectFrom('counter').select('value').where('id', '=', id).executeTakeFirstOrThrow())
    .value;

test('64-bit integers come as bigint', async () => {
  const { rows } = await sql<{ one: bigint; many: bigint[]; xid: bigint }>`
    select 9007199254740993::bigint as one, '{1,NULL}'::bigint[] as many, '18446744073709551615'::xid8 as xid
  `.execute(database.db);
  assert.deepEqual(rows[0], { one: 9007199254740993n, many: [1n, null], xid: 18446744073709551615n });
});

test('replicas that start at once migrate once', async () => {
  const once: MigrationSet = {
    '0001_copy': { up: async (db) => void (await sql`create table copied (id text)`.execute(db)) },
  };
  await Promise.all([1, 2, 3].map(() => migrate(database.url, [{ name: 'again', migrations: once }])));
  const { rows } = await database.admin(
    `select count(*)::int as n from schema_version where set_name = 'again'`,
  );
  assert.equal(rows[0]?.n, 1);
});

test('a migration that sorts before an applied one is refused', async () => {
  const late = { '0000_late': { up: async () => {} } };
  await assert.rejects(
    migrate(database.url, [{ name: 'test', migrations: late }]),
    /sorts before 0001_counter/,
  );
});

test('a deadlock is run again, and both transactions take effect once', async () => {
  const cross = (first: string, second: string) =>
    database.transaction(async ({ db }) => {
      await bump(first).execute(db);
      await sleep(100);
      await bump(second).execute(db);
    });
  await Promise.all([cross('a', 'b'), cross('b', 'a')]);
  assert.deepEqual([await readCounter('a'), await readCounter('b')], [2n, 2n]);
});

test('a statement error that the work swallows is no commit', async () => {
  const unchanged = await readCounter('a');
  await assert.rejects(
    database.transaction(async ({ db }) => {
      await bump('a').execute(db);
      await sql`select 1 / 0`.execute(db).catch(() => undefined);
    }),
  );
  assert.equal(await readCounter('a'), unchanged);
});

test('a failing ROLLBACK does not hide what made it necessary', async () => {
  await assert.rejects(
    database.transaction(async ({ db }) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await database.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await sleep(50);
      throw new Error('the first error');
    }),
    /the first error/,
  );
  assert.equal(typeof (await readCounter('a')), 'bigint');
});

test('a connection lost during the work is a disconnect, and the pool recovers', async () => {
  await assert.rejects(
    database.transaction(async ({ db }) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await database.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await bump('a').execute(db);
    }),
    (error) => isDisconnect(error) && !(error instanceof AmbiguousCommit),
  );
  assert.equal(typeof (await readCounter('a')), 'bigint');
});

test('a connection lost during COMMIT is told as an ambiguous commit', async () => {
  // A deferred trigger runs inside COMMIT, which gives the time to cut the connection there.
  await database.admin(`
    create table slow (id int);
    create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(5); return null; end';
    create constraint trigger slow after insert on slow deferrable initially deferred for each row execute function wait();
    grant all on slow to public`);
  await assert.rejects(
    database.transaction(async ({ db }) => {
      await sql`insert into slow values (1)`.execute(db);
      setTimeout(() => {
        void database.admin(
          `select pg_terminate_backend(pid) from pg_stat_activity where query = 'commit' and state = 'active' and datname = current_database()`,
        );
      }, 300);
    }),
    AmbiguousCommit,
  );
});

test('reserved work goes on while requests hold every other connection', { timeout: 10_000 }, async () => {
  const crowded = await testDatabase({}, { poolSize: 1 });
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const request = crowded.transaction(async () => {
    begin();
    await mayEnd;
  });
  await begun;
  await crowded.transaction(async (tx) => sql`select 1`.execute(tx.db), { reserved: true });
  end();
  await request;
  await crowded.drop();
});

test('an appended fact is in the outbox exactly when its transaction committed', async () => {
  let told = 0;
  const stop = database.onAppended(() => told++);
  await database.transaction(async (tx) => tx.append(fact('kept', 1), fact('kept', 2)));
  await assert.rejects(
    database.transaction(async (tx) => {
      tx.append(fact('lost', 1));
      throw new Error('no');
    }),
  );
  await database.transaction(async () => undefined);
  stop();
  assert.equal(told, 1);
  const rows = await kernelTables(database.db)
    .selectFrom('outbox')
    .select(['aggregate_id', 'aggregate_seq'])
    .where('aggregate_id', 'in', ['kept', 'lost'])
    .orderBy('seq')
    .execute();
  assert.deepEqual(rows, [
    { aggregate_id: 'kept', aggregate_seq: 1n },
    { aggregate_id: 'kept', aggregate_seq: 2n },
  ]);
});

test('a fact carries the causes of the context that it was appended in', async () => {
  const context = (id: string) => ({ correlationId: `c-${id}`, causationId: `e-${id}`, caller: nobody });
  await database.transaction(async (tx) => {
    runInContext(context('1'), () => tx.append(fact('caused', 1)));
    runInContext(context('2'), () => tx.append(fact('caused', 2)));
  });
  const rows = await kernelTables(database.db)
    .selectFrom('outbox')
    .select(['headers', 'event_id'])
    .where('aggregate_id', '=', 'caused')
    .orderBy('seq')
    .execute();
  const headers = rows.map((row) => row.headers as Record<string, string>);
  assert.deepEqual(
    headers.map((one) => [one.ce_correlationid, one.ce_causationid, one.ce_sequence, one.ce_type]),
    [
      ['c-1', 'e-1', '1', 'test.v1.Noted'],
      ['c-2', 'e-2', '2', 'test.v1.Noted'],
    ],
  );
  assert.equal(headers[0]?.ce_id, rows[0]?.event_id);
  assert.match(headers[0]?.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
});

test('an aggregate history cannot fork: who loses the race for a number runs again', async () => {
  let runs = 0;
  const next = () =>
    database.transaction(async (tx) => {
      runs++;
      const { rows } = await sql<{ last: bigint | null }>`
        select max(aggregate_seq) as last from outbox where aggregate_id = 'raced'`.execute(tx.db);
      await sleep(20);
      tx.append(fact('raced', Number(rows[0]?.last ?? 0n) + 1));
    });
  await Promise.all([next(), next(), next()]);
  const rows = await kernelTables(database.db)
    .selectFrom('outbox')
    .select('aggregate_seq')
    .where('aggregate_id', '=', 'raced')
    .orderBy('aggregate_seq')
    .execute();
  assert.deepEqual(
    rows.map((row) => row.aggregate_seq),
    [1n, 2n, 3n],
  );
  assert.ok(runs > 3);
});

test('the outbox can only be added to by its service', async () => {
  await assert.rejects(sql`update outbox set topic = 'x'`.execute(database.db), /permission denied/);
  await assert.rejects(sql`delete from outbox`.execute(database.db), /permission denied/);
});
