import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { runWorker } from '#platform/testing/run-worker.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { type Lease, LeaseLost, leased } from './lease.ts';

let database: TestDatabase<unknown>;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

test('one holds a lease at a time, and the next one has a higher epoch', async () => {
  const holders: bigint[] = [];
  let active = 0;
  const work = async (lease: Lease<unknown>) => {
    assert.equal(++active, 1);
    holders.push(lease.epoch);
    await untilAborted(lease.signal);
    active--;
  };
  const one = runWorker(leased(database, 'single', work, 1_000));
  await waitFor('the first', () => holders.length === 1);
  const two = runWorker(leased(database, 'single', work, 1_000));
  // Longer than the lease runs: it must be renewed meanwhile.
  await sleep(2_500);
  assert.deepEqual(holders, [1n]);
  await one.stop();
  await waitFor('the second', () => holders.length === 2, 5_000);
  await two.stop();
  assert.deepEqual(holders, [1n, 2n]);
  assert.deepEqual([...one.failures, ...two.failures], []);
});

test('who was away too long commits nothing stale (F-04)', async () => {
  const granted = Promise.withResolvers<Lease<unknown>>();
  const paused = runWorker(
    leased(
      database,
      'fenced',
      async (lease) => {
        granted.resolve(lease);
        await untilAborted(lease.signal);
      },
      60_000,
    ),
  );
  const lease = await granted.promise;
  await database.transaction((tx) => lease.assertHeld(tx));
  // As if the process had been stopped for longer than the lease: it renewed nothing, and another one came.
  await database.admin(`update lease set expires_at = now() - interval '1 second' where name = 'fenced'`);
  const heir = Promise.withResolvers<Lease<unknown>>();
  const next = runWorker(
    leased(database, 'fenced', async (lease) => {
      heir.resolve(lease);
      await untilAborted(lease.signal);
    }),
  );
  assert.equal((await heir.promise).epoch, lease.epoch + 1n);
  await assert.rejects(
    database.transaction((tx) => lease.assertHeld(tx)),
    LeaseLost,
  );
  await Promise.all([paused.stop(), next.stop()]);
});

test('a lease cannot be taken over while a transaction asserts it', async () => {
  const granted = Promise.withResolvers<Lease<unknown>>();
  const holder = runWorker(
    leased(
      database,
      'asserted',
      async (lease) => {
        granted.resolve(lease);
        await untilAborted(lease.signal);
      },
      60_000,
    ),
  );
  const lease = await granted.promise;
  await database.admin(`update lease set expires_at = now() - interval '1 second' where name = 'asserted'`);
  let heirEpoch: bigint | undefined;
  let next: ReturnType<typeof runWorker> | undefined;
  await database.transaction(async (tx) => {
    await lease.assertHeld(tx);
    next = runWorker(
      leased(database, 'asserted', async (heir) => {
        heirEpoch = heir.epoch;
        await untilAborted(heir.signal);
      }),
    );
    await sleep(300);
    await sql`select 1`.execute(tx.db);
    assert.equal(heirEpoch, undefined);
  });
  await waitFor('the heir', () => heirEpoch);
  await Promise.all([holder.stop(), next?.stop()]);
});

test('a holder whose lease is taken is told', async () => {
  let told = false;
  const holder = runWorker(
    leased(
      database,
      'told',
      async (lease) => {
        await untilAborted(lease.signal);
        told = lease.signal.reason instanceof LeaseLost;
      },
      400,
    ),
  );
  await waitFor('the grant', async () => {
    const { rows } = await database.admin(`select 1 from lease where name = 'told'`);
    return rows.length === 1;
  });
  await database.admin(
    `update lease set holder = 'another', epoch = epoch + 1, expires_at = now() + interval '1 minute' where name = 'told'`,
  );
  await waitFor('the news', () => told, 3_000);
  await holder.stop();
});
