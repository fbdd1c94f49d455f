import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { armFailpoints, FailpointError } from '#platform/failpoint/failpoint.ts';
import type { ConsumedRecord } from '#platform/kafka/kafka.ts';
import { readTopic } from '#platform/kafka/scan-topics.ts';
import { type RunningWorker, runWorker } from '#platform/testing/run-worker.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { type TestKafka, testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { insertIntoOutbox, outboxEntry } from './append.ts';
import { relay } from './relay.ts';
import { RelayFenced, RelayStore } from './relay-store.ts';
import { textHeader } from './stored-headers.ts';

const log = pino({ level: process.env.LOG_LEVEL ?? 'fatal' });
const source = {
  service: 'test',
  clock: { now: () => new Date() },
  ids: { uuid: () => crypto.randomUUID() },
};
let broker: TestKafka;
let database: TestDatabase<unknown>;
let workers: RunningWorker[] = [];

before(async () => {
  broker = await testKafka();
});
after(async () => {
  await broker.close();
});

/** A test with a database of its own, whose relays are stopped at its end. */
function relayTest(name: string, body: (topic: string) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async () => {
    database = await testDatabase();
    workers = [];
    try {
      await body(await broker.topic());
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await database.drop();
    }
  });
}

const start = () => {
  const worker = runWorker(relay(database, broker.kafka, log));
  workers.push(worker);
  return worker;
};

const fact = (topic: string, id: string, sequence: number) =>
  domainEvent(
    testEvents(topic),
    { id, sequence },
    { event: { case: 'noted', value: { number: sequence, text: id } } },
  );

/** Appends the facts 1..count of each aggregate, each round in a transaction of its own. */
async function append(topic: string, ids: readonly string[], count: number): Promise<void> {
  for (let sequence = 1; sequence <= count; sequence++) {
    await database.transaction(async (tx) => tx.append(...ids.map((id) => fact(topic, id, sequence))));
  }
}

const idOf = (record: ConsumedRecord) => textHeader(record.headers, 'ce_id') ?? '';

/** Each aggregate's sequence numbers in the order of the topic, without what came again. */
function firstOccurrences(records: readonly ConsumedRecord[]): Record<string, number[]> {
  const seen = new Set<string>();
  const histories: Record<string, number[]> = {};
  for (const record of records) {
    if (!seen.has(idOf(record))) {
      seen.add(idOf(record));
      const subject = textHeader(record.headers, 'ce_subject') ?? '';
      histories[subject] = [...(histories[subject] ?? []), Number(textHeader(record.headers, 'ce_sequence'))];
    }
  }
  return histories;
}

const published = async (topic: string, atLeast: number) =>
  waitFor(
    `${atLeast} records`,
    async () => {
      const offsets = await broker.kafka.admin.offsets(topic);
      return offsets.reduce((sum, { next }) => sum + Number(next), 0) >= atLeast;
    },
    20_000,
  );

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

relayTest('I-33 a transaction that began first and wrote last is published last', async (topic) => {
  const held = await database.db.startTransaction().execute();
  // It has its id from here on, and goes on only when the other, which began later, has committed.
  await sql`select pg_current_xact_id()`.execute(held);
  await append(topic, ['a'], 1);
  const another = await database.db.startTransaction().execute();
  await sql`select pg_current_xact_id()`.execute(another);
  const entry = outboxEntry(source, 'origin', fact(topic, 'a', 2));
  await insertIntoOutbox(kernelTables(held), [entry]);
  await held.commit().execute();
  start();
  await sleep(300);
  await another.commit().execute();
  await published(topic, 2);
  assert.deepEqual(firstOccurrences(await readTopic(broker.kafka, topic)), { a: [1, 2] });
});

relayTest('every outbox row reaches Kafka, in the order of its key (I-31, I-33)', async (topic) => {
  start();
  await append(topic, ['a', 'b', 'c'], 50);
  await published(topic, 150);
  const records = await readTopic(broker.kafka, topic);
  assert.equal(records.length, 150);
  assert.deepEqual(firstOccurrences(records), { a: upTo(50), b: upTo(50), c: upTo(50) });
  const rows = await kernelTables(database.db).selectFrom('outbox').select('event_id').execute();
  assert.deepEqual(new Set(records.map(idOf)), new Set(rows.map((row) => row.event_id)));
});

relayTest(
  'a transaction that is held open stalls the relay, and nothing is skipped (F-15)',
  async (topic) => {
    start();
    const release = Promise.withResolvers<void>();
    const inserted = Promise.withResolvers<void>();
    const early = database.transaction(async ({ db }) => {
      await insertIntoOutbox(kernelTables(db), [outboxEntry(source, 'origin', fact(topic, 'early', 1))]);
      inserted.resolve();
      await release.promise;
    });
    try {
      await inserted.promise;
      await append(topic, ['late'], 1);
      const rows = await kernelTables(database.db).selectFrom('outbox').select('aggregate_id').execute();
      assert.deepEqual(rows, [{ aggregate_id: 'late' }], 'the later transaction committed first');
      await sleep(500);
      // A relay that goes by the sequence alone would have published `late` by now, and never look for `early` again.
      assert.equal((await readTopic(broker.kafka, topic)).length, 0);
    } finally {
      release.resolve();
      await early;
    }
    await published(topic, 2);
    assert.deepEqual(firstOccurrences(await readTopic(broker.kafka, topic)), { early: [1], late: [1] });
  },
);

relayTest('many writers with transactions of any length lose and reorder nothing (I-33)', async (topic) => {
  start();
  const writer = async (id: string) => {
    for (let sequence = 1; sequence <= 25; sequence++) {
      await database.transaction(async (tx) => {
        await insertIntoOutbox(kernelTables(tx.db), [
          outboxEntry(source, 'origin', fact(topic, id, sequence)),
        ]);
        await sleep(Math.random() ** 4 * 150);
      });
    }
  };
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  await Promise.all(ids.map(writer));
  await published(topic, 200);
  const expected = Object.fromEntries(ids.map((id) => [id, upTo(25)]));
  assert.deepEqual(firstOccurrences(await readTopic(broker.kafka, topic)), expected);
});

relayTest('a transaction held open in another database of the server holds nothing up', async (topic) => {
  const neighbour = await testDatabase();
  const open = await neighbour.db.startTransaction().execute();
  try {
    await sql`select pg_current_xact_id()`.execute(open);
    start();
    await append(topic, ['a'], 3);
    await published(topic, 3);
  } finally {
    await open.rollback().execute();
    await neighbour.drop();
  }
});

relayTest(
  'a relay that dies between publishing and its cursor makes duplicates only (F-03)',
  async (topic) => {
    const disarm = armFailpoints('test.relay:P6=throw@2,test.relay:P5=throw@5');
    const worker = start();
    for (let round = 0; round < 10; round++) {
      await database.transaction(async (tx) =>
        tx.append(fact(topic, 'a', round + 1), fact(topic, 'b', round + 1)),
      );
      await sleep(60);
    }
    await published(topic, 20);
    await waitFor('both failures', () => worker.failures.length === 2);
    disarm();
    await sleep(300);
    assert.ok(worker.failures.every((error) => error instanceof FailpointError));
    const records = await readTopic(broker.kafka, topic);
    assert.ok(records.length > 20, 'the batch of the second pass came again');
    assert.deepEqual(firstOccurrences(records), { a: upTo(10), b: upTo(10) });
  },
);

relayTest('one relay is active, and another takes over when it dies', async (topic) => {
  start();
  start();
  await append(topic, ['a'], 20);
  await published(topic, 20);
  const lockHolders = `select pid from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())`;
  const { rows } = await database.admin(lockHolders);
  assert.equal(rows.length, 1);
  await database.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
  for (let sequence = 21; sequence <= 40; sequence++) {
    await database.transaction(async (tx) => tx.append(fact(topic, 'a', sequence)));
  }
  await published(topic, 40);
  const heirs = await database.admin(lockHolders);
  assert.equal(heirs.rows.length, 1);
  assert.notEqual(heirs.rows[0]?.pid, rows[0]?.pid);
  assert.deepEqual(firstOccurrences(await readTopic(broker.kafka, topic)), { a: upTo(40) });
});

relayTest('a relay that lost its place finds out when it moves the cursor', async (topic) => {
  await append(topic, ['a'], 2);
  const [one, two] = await Promise.all([RelayStore.connect(database.url), RelayStore.connect(database.url)]);
  try {
    const start = await one.cursor();
    const [first, second] = (await one.readAfter(start, 10)) ?? [];
    assert.ok(first !== undefined && second !== undefined);
    await two.advance(start, second);
    await assert.rejects(one.advance(start, first), RelayFenced);
    assert.equal((await two.cursor()).seq, second.seq);
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
});

relayTest('what the broker does not take is kept in order and tried on', async (topic) => {
  const missing = `${topic}.later`;
  start();
  await append(missing, ['a'], 5);
  await sleep(1_500);
  await append(missing, ['b'], 1);
  await broker.kafka.admin.createTopics([{ name: missing, partitions: 2 }]);
  await published(missing, 6);
  assert.deepEqual(firstOccurrences(await readTopic(broker.kafka, missing)), { a: upTo(5), b: [1] });
  await broker.kafka.admin.deleteTopics([missing]);
});

relayTest('a commit is in Kafka within 100 ms, at the median', async (topic) => {
  start();
  await append(topic, ['warm'], 3);
  await published(topic, 3);
  const times: number[] = [];
  for (let sequence = 1; sequence <= 30; sequence++) {
    await database.transaction(async (tx) => tx.append(fact(topic, 'timed', sequence)));
    const committed = Date.now();
    await published(topic, 3 + sequence);
    times.push(Date.now() - committed);
    await sleep(30);
  }
  const median = times.toSorted((a, b) => a - b)[15] ?? Number.POSITIVE_INFINITY;
  assert.ok(median < 100, `${median} ms`);
});
