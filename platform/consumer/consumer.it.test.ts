import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Generated, sql } from 'kysely';
import { pino } from 'pino';
import { currentContext } from '#platform/context/context.ts';
import type { MigrationSet } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { deadLetterHeader } from '#platform/deadletter/publish.ts';
import { takeDeadLetter } from '#platform/deadletter/redrive.ts';
import { deadLetterRetries } from '#platform/deadletter/retry-worker.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { armFailpoints } from '#platform/failpoint/failpoint.ts';
import type { ProducedRecord } from '#platform/kafka/kafka.ts';
import { readTopic } from '#platform/kafka/scan-topics.ts';
import { outboxEntry } from '#platform/outbox/append.ts';
import { relay } from '#platform/outbox/relay.ts';
import { restoreHeaders, textHeader } from '#platform/outbox/stored-headers.ts';
import { runWorker } from '#platform/testing/run-worker.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { type TestKafka, testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { type Consumer, consumer, type Message, subscribe } from './consumer.ts';
import { runConsumer } from './run-consumer.ts';

type Tables = {
  noted: { position: Generated<bigint>; subject: string; number: number; correlation: string };
};

const migrations: MigrationSet = {
  '0001_noted': {
    async up(db) {
      await sql`create table noted (
        position bigserial, subject text not null, number integer not null, correlation text not null)`.execute(
        db,
      );
    },
  },
};

const log = pino({ level: process.env.LOG_LEVEL ?? 'fatal' });
const source = { service: 'test', clock: { now: () => new Date() }, ids: { uuid: () => randomUUID() } };

type World = {
  readonly topic: string;
  readonly database: TestDatabase<Tables>;
  readonly consumer: Consumer;
  /** Numbers by subject, in the order of their effects. */
  effects(): Promise<Record<string, number[]>>;
  send(...records: readonly ProducedRecord[]): Promise<void>;
  fact(subject: string, number: number): ProducedRecord;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** What a handler does about a number before it is noted. */
type Before = (number: number, message: Message<Tables>) => Promise<void> | void;

let broker: TestKafka;
before(async () => {
  broker = await testKafka();
});
after(async () => {
  await broker.close();
});

function consumerTest(name: string, before: Before, body: (world: World) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async () => {
    const topic = await broker.topic();
    const database = await testDatabase<Tables>(migrations);
    const schema = testEvents(topic);
    const consuming = consumer({
      name: broker.group(),
      database,
      step: 'test.step',
      on: [
        subscribe(schema, {
          async noted(fact, message: Message<Tables>) {
            await before(fact.number, message);
            await message.tx.db
              .insertInto('noted')
              .values({
                subject: message.envelope.subject,
                number: fact.number,
                correlation: currentContext()?.correlationId ?? '',
              })
              .execute();
          },
        }),
      ],
    });
    const stops: (() => Promise<void>)[] = [];
    const producer = await broker.kafka.producer();
    stops.push(() => producer.close());
    const world: World = {
      topic,
      database,
      consumer: consuming,
      async effects() {
        const rows = await database.db.selectFrom('noted').selectAll().orderBy('position').execute();
        const grouped = Map.groupBy(rows, (row) => row.subject);
        return Object.fromEntries(
          Array.from(grouped, ([subject, all]) => [subject, all.map((row) => row.number)]),
        );
      },
      send: (...records) => producer.send(records),
      fact(subject, number) {
        const event = domainEvent(
          schema,
          { id: subject, sequence: number },
          {
            event: { case: 'noted', value: { number, text: subject } },
          },
        );
        const entry = outboxEntry(source, `correlation-${subject}`, event);
        return {
          topic,
          key: Buffer.from(subject),
          value: Buffer.from(event.payload),
          headers: restoreHeaders(entry.headers),
        };
      },
      async start() {
        const running = runConsumer(consuming, { kafka: broker.kafka, log });
        stops.push(() => running.close());
        await waitFor('the assignment', () => running.assignment().length === 3, 20_000);
      },
      async stop() {
        await Promise.all(stops.splice(0).map((stop) => stop()));
      },
    };
    try {
      await body(world);
    } finally {
      await world.stop();
      await database.drop();
    }
  });
}

const count = async (world: World, total: number) =>
  waitFor(`${total} effects`, async () => {
    const effects = Object.values(await world.effects());
    return effects.reduce((sum, numbers) => sum + numbers.length, 0) >= total;
  });

const nothing: Before = () => undefined;

/** Fails on 13 until told otherwise. */
function unlucky() {
  const state = { healed: false, tries: 0 };
  const before: Before = (number) => {
    if (number === 13 && !state.healed) {
      state.tries++;
      throw new Error('thirteen');
    }
  };
  return { state, before };
}

consumerTest('a fact that is delivered five times has one effect (I-32, F-18)', nothing, async (world) => {
  const facts = Array.from({ length: 40 }, (_, index) =>
    world.fact(`s${index % 4}`, 1 + Math.floor(index / 4)),
  );
  await world.start();
  for (let time = 0; time < 5; time++) {
    await world.send(...facts);
  }
  await world.send(world.fact('end', 1));
  await count(world, 41);
  await waitFor('the end', async () => (await world.effects()).end);
  const upToTen = Array.from({ length: 10 }, (_, index) => index + 1);
  assert.deepEqual(await world.effects(), { s0: upToTen, s1: upToTen, s2: upToTen, s3: upToTen, end: [1] });
});

consumerTest('a topic that is read again from its start changes nothing', nothing, async (world) => {
  await world.send(...[1, 2, 3].map((number) => world.fact('a', number)));
  await world.start();
  await count(world, 3);
  await world.stop();
  await world.database.admin('delete from consumer_offset');
  await world.start();
  await waitFor(
    'the end of the topic',
    async () => {
      const places = await kernelTables(world.database.db)
        .selectFrom('consumer_offset')
        .select('next_offset')
        .execute();
      return places.some((place) => place.next_offset === 3n);
    },
    20_000,
  );
  assert.deepEqual(await world.effects(), { a: [1, 2, 3] });
});

consumerTest('a handler works in the context of its fact', nothing, async (world) => {
  await world.start();
  await world.send(world.fact('a', 1));
  await count(world, 1);
  const row = await world.database.db.selectFrom('noted').select('correlation').executeTakeFirstOrThrow();
  assert.equal(row.correlation, 'correlation-a');
});

const poisoned = unlucky();
consumerTest(
  'a poison parks its key, other keys go on, and a redrive keeps the order (I-36, I-37, F-20)',
  poisoned.before,
  async (world) => {
    const publishing = runWorker(relay(world.database, broker.kafka, log));
    await world.start();
    const poison = world.fact('bad', 13);
    await world.send(
      world.fact('bad', 12),
      poison,
      world.fact('bad', 14),
      world.fact('good', 1),
      world.fact('bad', 15),
    );
    await world.send(world.fact('good', 2));
    await count(world, 3);
    await waitFor('the queue', async () => {
      const letters = await kernelTables(world.database.db)
        .selectFrom('dead_letter')
        .select('state')
        .orderBy('id')
        .execute();
      return letters.map((letter) => letter.state).join() === 'RETRYING,QUEUED,QUEUED';
    });
    assert.deepEqual(await world.effects(), { bad: [12], good: [1, 2] });
    const [head, second] = await kernelTables(world.database.db)
      .selectFrom('dead_letter')
      .select('id')
      .orderBy('id')
      .execute();
    assert.ok(head !== undefined && second !== undefined);
    assert.equal(await takeDeadLetter(world.consumer, second.id, log), 'passed', 'it must not overtake');
    for (let attempt = 2; attempt <= 6; attempt++) {
      assert.equal(await takeDeadLetter(world.consumer, head.id, log), 'failed');
    }
    const copies = await waitFor('the copy', async () => {
      const records = await readTopic(broker.kafka, `${world.topic}.dlq`);
      return records.length > 0 && records;
    });
    assert.equal(copies.length, 1);
    const [copy] = copies;
    assert.deepEqual(copy?.key, poison.key);
    assert.deepEqual(copy?.value, poison.value);
    assert.deepEqual(copy?.headers.slice(0, poison.headers.length), poison.headers);
    assert.equal(textHeader(copy?.headers ?? [], deadLetterHeader.topic), world.topic);
    assert.equal(textHeader(copy?.headers ?? [], deadLetterHeader.attempts), '6');
    assert.equal(textHeader(copy?.headers ?? [], deadLetterHeader.error), 'Error: thirteen');
    poisoned.state.healed = true;
    const retrying = runWorker(deadLetterRetries(world.consumer, log));
    await sleep(700);
    assert.deepEqual((await world.effects()).bad, [12], 'a dead letter waits for a person');
    assert.equal(await takeDeadLetter(world.consumer, head.id, log), 'taken');
    await count(world, 6);
    await world.send(world.fact('bad', 16));
    await count(world, 7);
    assert.deepEqual(await world.effects(), { bad: [12, 13, 14, 15, 16], good: [1, 2] });
    await Promise.all([retrying.stop(), publishing.stop()]);
  },
);

const passing = unlucky();
consumerTest('a fact that fails for a while is retried by itself', passing.before, async (world) => {
  const retrying = runWorker(deadLetterRetries(world.consumer, log));
  await world.start();
  await world.send(world.fact('a', 12), world.fact('a', 13), world.fact('a', 14));
  await waitFor('a retry', () => passing.state.tries >= 3);
  passing.state.healed = true;
  await count(world, 3);
  assert.deepEqual(await world.effects(), { a: [12, 13, 14] });
  await retrying.stop();
});

consumerTest(
  'what cannot be read is dead at once, byte for byte, and the partition moves on',
  nothing,
  async (world) => {
    const publishing = runWorker(relay(world.database, broker.kafka, log));
    await world.start();
    const good = world.fact('a', 1);
    const bytes = Buffer.from([0xff, 0x00, 0x80, 0x01]);
    const without = (name: string) => good.headers.filter(([header]) => header !== name);
    const poisons: ProducedRecord[] = [
      { ...world.fact('p1', 1), value: bytes },
      {
        ...world.fact('p2', 1),
        headers: [
          ['raw', bytes],
          ['null', null],
        ],
      },
      { ...world.fact('p3', 1), headers: without('ce_id') },
      {
        ...world.fact('p4', 1),
        headers: [...without('ce_dataschema'), ['ce_dataschema', Buffer.from('x.v1.Other')]],
      },
      {
        ...world.fact('p5', 1),
        headers: [...without('ce_type'), ['ce_type', Buffer.from('test.v1.Erased')]],
      },
      { ...world.fact('p6', 1), value: null },
      { topic: world.topic, key: null, value: bytes, headers: [] },
    ];
    await world.send(...poisons, world.fact('end', 1), world.fact('p1', 2));
    await count(world, 1);
    const copies = await waitFor('the copies', async () => {
      const records = await readTopic(broker.kafka, `${world.topic}.dlq`);
      return records.length === poisons.length && records;
    });
    for (const poison of poisons) {
      const copy = copies.find(
        (one) => (one.key === poison.key || one.key?.equals(poison.key ?? bytes)) && one.headers.length > 0,
      );
      assert.deepEqual(copy?.value, poison.value);
      assert.deepEqual(copy?.headers.slice(0, poison.headers.length), poison.headers);
    }
    const { rows } = await world.database.admin(
      'select state, count(*)::int as n from dead_letter group by 1 order by 1',
    );
    assert.deepEqual(rows, [
      { state: 'DEAD', n: 7 },
      { state: 'QUEUED', n: 1 },
    ]);
    assert.deepEqual(await world.effects(), { end: [1] });
    await publishing.stop();
  },
);

consumerTest(
  'a fact without a handler, or of a newer producer, is a declared skip (I-35, F-21)',
  nothing,
  async (world) => {
    await world.start();
    const skip = (name: 'erased' | 'moved') => {
      const schema = testEvents(world.topic, ['noted', 'erased', 'moved']);
      const event = domainEvent(
        schema,
        { id: 'a', sequence: name === 'erased' ? 1 : 2 },
        {
          event: { case: name as 'erased', value: { number: 1, text: '' } },
        },
      );
      const { headers } = outboxEntry(source, 'origin', event);
      return {
        topic: world.topic,
        key: Buffer.from('a'),
        value: Buffer.from(event.payload),
        headers: restoreHeaders(headers),
      };
    };
    await world.send(skip('erased'), skip('moved'), world.fact('a', 3));
    await count(world, 1);
    const inbox = await kernelTables(world.database.db)
      .selectFrom('inbox')
      .select('outcome')
      .orderBy('offset')
      .execute();
    assert.deepEqual(
      inbox.map((row) => row.outcome),
      ['skip', 'skip', 'effect'],
    );
  },
);

consumerTest(
  'a failure inside the transaction or after its commit has each effect once (P2, P3)',
  nothing,
  async (world) => {
    const disarm = armFailpoints('test.step:P1=throw@2,test.step:P2=throw@1,test.step:P3=throw@2');
    await world.start();
    for (let number = 1; number <= 12; number++) {
      await world.send(world.fact('a', number), world.fact('b', number));
      await sleep(20);
    }
    const retrying = runWorker(deadLetterRetries(world.consumer, log));
    await count(world, 24);
    disarm();
    const upTo12 = Array.from({ length: 12 }, (_, index) => index + 1);
    assert.deepEqual(await world.effects(), { a: upTo12, b: upTo12 });
    await retrying.stop();
  },
);

consumerTest(
  'a database that goes away under a batch loses and repeats nothing (F-11)',
  async () => sleep(2),
  async (world) => {
    await world.start();
    for (let number = 1; number <= 60; number++) {
      await world.send(...['a', 'b', 'c', 'd'].map((subject) => world.fact(subject, number)));
      if (number % 20 === 0) {
        await world.database.admin(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
        );
      }
    }
    await count(world, 240);
    const upTo60 = Array.from({ length: 60 }, (_, index) => index + 1);
    assert.deepEqual(await world.effects(), { a: upTo60, b: upTo60, c: upTo60, d: upTo60 });
    const letters = await kernelTables(world.database.db).selectFrom('dead_letter').selectAll().execute();
    assert.deepEqual(letters, []);
  },
);

consumerTest(
  'a handler that hangs is bounded, and only its key waits (F-22)',
  (number) => (number === 13 ? new Promise(() => {}) : undefined),
  async (world) => {
    await world.start();
    await world.send(world.fact('stuck', 13), world.fact('free', 1), world.fact('free', 2));
    await waitFor('the free ones', async () => (await world.effects()).free?.length === 2, 45_000);
    const letter = await waitFor(
      'the letter',
      async () =>
        kernelTables(world.database.db).selectFrom('dead_letter').select('error').executeTakeFirst(),
      45_000,
    );
    assert.match(letter.error, /HandlerTimeout/);
  },
);
