import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { pino } from 'pino';
import {
  DeadLetter_State,
  DeadLetterService,
  DiscardDeadLettersRequestSchema,
  ListDeadLettersRequestSchema,
  type ListDeadLettersResponse,
  RedriveDeadLettersRequestSchema,
} from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { type Consumer, consumer, subscribe } from '#platform/consumer/consumer.ts';
import { type RawRecord, readRecord } from '#platform/consumer/incoming.ts';
import { takePortion } from '#platform/consumer/process-batch.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { outboxEntry } from '#platform/outbox/append.ts';
import { restoreHeaders } from '#platform/outbox/stored-headers.ts';
import type { Call, RpcBinding } from '#platform/rpc/bind.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { deadLetterAdmin } from './admin.ts';
import { dueDeadLetters } from './letters.ts';
import { takeDeadLetter } from './redrive.ts';

const log = pino({ level: 'silent' });
const topic = 'test.admin.v1';
const schema = testEvents(topic);
const source = { service: 'test', clock: { now: () => new Date() }, ids: { uuid: () => randomUUID() } };
const call: Call = {
  caller: { userId: 'support-1', roles: ['support'] },
  method: DeadLetterService.method.listDeadLetters,
  signal: new AbortController().signal,
  deadline: new Date(Date.now() + 10_000),
  correlationId: 'c',
  log,
  metadata: () => [],
  answerMetadata: () => undefined,
};

let database: TestDatabase<unknown>;
let subject: Consumer;
let admin: RpcBinding;
let broken = true;
const taken: number[] = [];
let offset = 0n;

before(async () => {
  database = await testDatabase();
  subject = consumer({
    name: 'test.admin',
    database,
    on: [
      subscribe<typeof schema, unknown>(schema, {
        async noted(fact) {
          if (broken) {
            throw new Error('broken');
          }
          taken.push(fact.number);
        },
      }),
    ],
  });
  admin = deadLetterAdmin(database, [subject]);
});
after(() => database.drop());

function record(key: string, number: number): RawRecord {
  const event = domainEvent(
    schema,
    { id: key, sequence: number },
    { event: { case: 'noted', value: { number, text: '' } } },
  );
  return {
    topic,
    partition: 0,
    offset: offset++,
    key: Buffer.from(key),
    value: Buffer.from(event.payload),
    headers: restoreHeaders(outboxEntry(source, 'c', event).headers),
  };
}

async function deliver(...records: RawRecord[]): Promise<void> {
  const [subscription] = subject.subscriptions.values();
  assert.ok(subscription !== undefined);
  const portion = { topic, partition: 0, signal: call.signal };
  await takePortion(
    subject,
    { ...portion, records: records.map((one) => readRecord(subscription, one)) },
    log,
  );
}

const list = (fields: Partial<{ pageSize: number; pageToken: string; state: DeadLetter_State }> = {}) =>
  admin.handlers.listDeadLetters?.(
    create(ListDeadLettersRequestSchema, { consumer: 'test.admin', ...fields }),
    call,
  ) as Promise<ListDeadLettersResponse>;

/** Until the letter is dead, as the worker would over half a minute. */
async function exhaust(id: string): Promise<void> {
  for (let attempt = 2; attempt <= 6; attempt++) {
    await takeDeadLetter(subject, BigInt(id), log);
  }
}

test('dead letters are listed in pages, without their values', async () => {
  await deliver(record('a', 1), record('a', 2), record('b', 101), record('a', 3));
  const first = await list({ pageSize: 3 });
  const second = await list({ pageSize: 3, pageToken: first.nextPageToken });
  const states = [...first.deadLetters, ...second.deadLetters].map((letter) => letter.state);
  assert.deepEqual(states, [
    DeadLetter_State.RETRYING,
    DeadLetter_State.QUEUED,
    DeadLetter_State.RETRYING,
    DeadLetter_State.QUEUED,
  ]);
  assert.equal(second.nextPageToken, '');
  assert.equal(first.deadLetters[0]?.eventType, 'test.v1.Noted');
  assert.equal(first.deadLetters[0]?.error, 'Error: broken');
  await assert.rejects(
    list({ pageToken: "1' or 1=1" }),
    (error) => error instanceof RpcError && error.reason === 'PAGE_TOKEN_INVALID',
  );
});

test('a redrive says what was taken and what failed again, and is audited (I-63)', async () => {
  const [head, queued] = (await list()).deadLetters;
  assert.ok(head !== undefined && queued !== undefined);
  await exhaust(head.id);
  assert.equal((await list({ state: DeadLetter_State.DEAD })).deadLetters.length, 1);
  const redrive = (...ids: string[]) =>
    admin.handlers.redriveDeadLetters?.(
      create(RedriveDeadLettersRequestSchema, { ids, reason: 'fixed' }),
      call,
    );
  assert.deepEqual(await redrive(head.id), { redrivenIds: [], failedIds: [head.id] });
  broken = false;
  assert.deepEqual(await redrive(queued.id, head.id), { redrivenIds: [head.id, queued.id], failedIds: [] });
  assert.deepEqual(await redrive(head.id), { redrivenIds: [], failedIds: [] });
  const { rows } = await database.admin(`select distinct action, actor, reason from dead_letter_audit`);
  assert.deepEqual(rows, [{ action: 'REDRIVE', actor: 'support-1', reason: 'fixed' }]);
  const db = kernelTables(database.db);
  for (
    let due = await dueDeadLetters(db, 'test.admin');
    due.length > 0;
    due = await dueDeadLetters(db, 'test.admin')
  ) {
    for (const id of due) {
      await takeDeadLetter(subject, id, log);
    }
  }
  // The letter of the other key may have become due meanwhile.
  assert.deepEqual(
    taken.filter((number) => number < 100),
    [1, 2, 3],
  );
});

test('what is discarded has no effect, also when its topic is read again', async () => {
  broken = true;
  taken.length = 0;
  const bad = record('c', 1);
  await deliver(bad);
  const [letter] = (await list()).deadLetters.filter((one) => Buffer.from(one.key).toString() === 'c');
  assert.ok(letter !== undefined);
  const discard = () =>
    admin.handlers.discardDeadLetters?.(
      create(DiscardDeadLettersRequestSchema, { ids: [letter.id], reason: 'a test' }),
      call,
    );
  assert.deepEqual(await discard(), { discardedIds: [letter.id] });
  assert.deepEqual(await discard(), { discardedIds: [] });
  broken = false;
  await database.admin('delete from consumer_offset');
  await deliver(bad, record('c', 2));
  assert.deepEqual(taken, [2]);
});

test('two members that believe to have the same partition take each record once, in order', async () => {
  broken = false;
  taken.length = 0;
  const records = Array.from({ length: 200 }, (_, index) => record(`k${index % 3}`, index + 1));
  const slices = [
    [0, 40],
    [0, 25],
    [25, 90],
    [40, 120],
    [90, 200],
    [100, 200],
  ] as const;
  // What each member reads is consecutive, and overlaps with what the other reads.
  const member = async (own: readonly (readonly [number, number])[]) => {
    for (const [from, to] of own) {
      await deliver(...records.slice(from, to));
    }
  };
  await Promise.all([member([slices[0], slices[3], slices[5]]), member([slices[1], slices[2], slices[4]])]);
  assert.deepEqual(
    taken,
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
});
