import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Claim } from '#platform/consumer/inbox.ts';
import * as inbox from '#platform/consumer/inbox.ts';
import type { KernelTables } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import * as letters from '#platform/deadletter/letters.ts';
import * as answers from '#platform/idempotency/answers.ts';
import * as grants from '#platform/lease/grants.ts';
import * as append from '#platform/outbox/append.ts';
import * as relayStore from '#platform/outbox/relay-store.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { inMemory } from './in-memory.ts';
import * as memoryAnswers from './memory/kernel/answers.ts';
import * as memoryAppend from './memory/kernel/append.ts';
import * as memoryGrants from './memory/kernel/grants.ts';
import * as memoryInbox from './memory/kernel/inbox.ts';
import * as memoryLetters from './memory/kernel/letters.ts';
import * as memoryRelayStore from './memory/kernel/relay-store.ts';

/** A database, and the kernel's modules that speak to it. */
type Subject = {
  readonly db: Kysely<KernelTables>;
  readonly url: string;
  readonly inbox: typeof inbox;
  readonly letters: typeof letters;
  readonly answers: typeof answers;
  readonly grants: typeof grants;
  readonly append: typeof append;
  readonly connectRelay: (url: string) => Promise<Pick<relayStore.RelayStore, keyof relayStore.RelayStore>>;
};

async function onPostgres(body: (subject: Subject) => Promise<void>): Promise<void> {
  const database = await testDatabase();
  const connectRelay = (url: string) => relayStore.RelayStore.connect(url);
  try {
    const db = kernelTables(database.db);
    await body({ db, url: database.url, inbox, letters, answers, grants, append, connectRelay });
  } finally {
    await database.drop();
  }
}

function onMemory(body: (subject: Subject) => Promise<void>): Promise<void> {
  return inMemory<unknown>('order', (database) =>
    body({
      db: kernelTables(database.db),
      url: database.url,
      inbox: memoryInbox,
      letters: memoryLetters,
      answers: memoryAnswers,
      grants: memoryGrants,
      append: memoryAppend,
      connectRelay: (url) => memoryRelayStore.RelayStore.connect(url),
    }),
  );
}

/** A sentence that must be true of the memory and of Postgres alike. */
function both(name: string, body: (subject: Subject) => Promise<void>): void {
  test(`in memory: ${name}`, { timeout: 30_000 }, () => onMemory(body));
  test(`on Postgres: ${name}`, { timeout: 30_000 }, () => onPostgres(body));
}

const partition = { topic: 't', partition: 0 };
const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const claim = (number: number, offset: bigint): Claim =>
  ({
    incoming: { envelope: { id: uuid(number) }, record: { ...partition, offset } },
    outcome: 'effect',
  }) as unknown as Claim;
const entry = (aggregateId: string, sequence: bigint): append.OutboxEntry => ({
  eventId: uuid(Number(sequence) + aggregateId.charCodeAt(0) * 100),
  topic: 't',
  key: Buffer.from(aggregateId),
  aggregateType: 'Thing',
  aggregateId,
  sequence,
  type: 'Noted',
  headers: {},
  payload: null,
});

both(
  'a fact is entered once, and a place only moves forward',
  async ({ db, inbox: { claimFacts, lockPlaces, storedPositions } }) => {
    await db.transaction().execute(async (tx) => {
      assert.equal((await lockPlaces(tx, 'c', [partition]))(partition), 0n);
      const claims = [claim(1, 0n), claim(2, 1n)];
      assert.equal((await claimFacts(tx, 'c', claims, [{ ...partition, offset: 2n }])).size, 2);
    });
    await db.transaction().execute(async (tx) => {
      assert.equal((await lockPlaces(tx, 'c', [partition]))(partition), 2n);
      const again = [claim(2, 5n), claim(3, 6n)];
      assert.deepEqual([...(await claimFacts(tx, 'c', again, [{ ...partition, offset: 1n }]))], [again[1]]);
    });
    assert.deepEqual(await storedPositions(db, 'c', [partition]), [{ ...partition, offset: 2n }]);
  },
);

both(
  'what is rolled back was never entered',
  async ({ db, inbox: { claimFacts, lockPlaces, storedPositions } }) => {
    const tx = await db.startTransaction().execute();
    await lockPlaces(tx, 'c', [partition]);
    await claimFacts(tx, 'c', [claim(1, 0n)], [{ ...partition, offset: 1n }]);
    await tx.rollback().execute();
    assert.deepEqual(await storedPositions(db, 'c', [partition]), [{ ...partition, offset: 0n }]);
    await db.transaction().execute(async (other) => {
      assert.equal((await claimFacts(other, 'c', [claim(1, 0n)], [])).size, 1);
    });
  },
);

both(
  'a place that is locked is waited for, and then seen as it is',
  async ({ db, inbox: { claimFacts, lockPlaces } }) => {
    const first = await db.startTransaction().execute();
    await lockPlaces(first, 'c', [partition]);
    const second = await db.startTransaction().execute();
    let seen: bigint | undefined;
    const waiting = lockPlaces(second, 'c', [partition]).then((place) => {
      seen = place(partition);
    });
    await sleep(200);
    assert.equal(seen, undefined);
    await claimFacts(first, 'c', [], [{ ...partition, offset: 7n }]);
    await first.commit().execute();
    await waiting;
    assert.equal(seen, 7n);
    await second.rollback().execute();
  },
);

both(
  'a repeat waits for the first command, and finds its answer',
  async ({ db, answers: { claimAnswer, findAnswer, storeAnswer } }) => {
    const key = { caller: 'user:a', method: 'm', request_id: uuid(1) };
    const hash = Buffer.from('hash');
    const first = await db.startTransaction().execute();
    assert.equal(await claimAnswer(first, key, hash), true);
    const second = await db.startTransaction().execute();
    const repeated = claimAnswer(second, key, hash);
    await sleep(100);
    await storeAnswer(first, key, Buffer.from('answer'));
    await first.commit().execute();
    assert.equal(await repeated, false);
    assert.equal(Buffer.from((await findAnswer(second, key)).response ?? []).toString(), 'answer');
    await second.rollback().execute();
  },
);

both(
  'a lease has one holder, and the next a higher epoch',
  async ({ db, grants: { acquireGrant, keepGrant, releaseGrant, renewGrant } }) => {
    const epoch = await acquireGrant(db, 'l', 'a', 300);
    assert.equal(epoch, 1n);
    assert.equal(await acquireGrant(db, 'l', 'b', 300), undefined);
    const grant = { name: 'l', holder: 'a', epoch: 1n };
    assert.equal(await renewGrant(db, grant, 300), true);
    await sleep(500);
    assert.equal(await acquireGrant(db, 'l', 'b', 300), 2n);
    assert.equal(await renewGrant(db, grant, 300), false);
    await db.transaction().execute(async (tx) => assert.equal(await keepGrant(tx, grant), false));
    await releaseGrant(db, { name: 'l', holder: 'b', epoch: 2n });
    assert.equal(await acquireGrant(db, 'l', 'c', 300), 3n);
  },
);

both(
  'of a key only the first open letter is due and can be locked',
  async ({ db, letters: { dueDeadLetters, insertLetter, lockHead, openKeys, updateLetter } }) => {
    const key = Buffer.from('k');
    const letter = (offset: bigint) => ({
      ...{ consumer: 'c', topic: 't', partition: 0, offset, key, headers: '[]', payload: null },
      ...{
        event_id: null,
        error: 'e',
        attempts: 1,
        state: 'RETRYING' as const,
        next_attempt_time: null,
        dead_time: null,
      },
    });
    const first = await insertLetter(db, letter(1n));
    const second = await insertLetter(db, letter(2n));
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(await insertLetter(db, letter(1n)), undefined);
    assert.deepEqual(await dueDeadLetters(db, 'c'), [first.id]);
    const open = await openKeys(db, 'c', [
      { topic: 't', key },
      { topic: 'other', key },
    ]);
    assert.deepEqual(
      open.map(({ topic }) => topic),
      ['t'],
    );
    await db.transaction().execute(async (tx) => {
      assert.equal(await lockHead(tx, 'c', second.id), undefined);
      assert.equal((await lockHead(tx, 'c', first.id))?.offset, 1n);
      await updateLetter(tx, first.id, { state: 'REDRIVEN' });
    });
    assert.deepEqual(await dueDeadLetters(db, 'c'), [second.id]);
  },
);

both(
  'the outbox holds back what an older transaction may come before',
  async ({ db, url, append: { insertIntoOutbox }, connectRelay }) => {
    const store = await connectRelay(url);
    const start = { xid: 0n, seq: 0n };
    assert.equal(await store.readAfter(start, 10), undefined);
    const older = await db.startTransaction().execute();
    await insertIntoOutbox(older, [entry('a', 1n)]);
    await db.transaction().execute((tx) => insertIntoOutbox(tx, [entry('b', 1n)]));
    assert.deepEqual(await store.readAfter(start, 10), []);
    await older.commit().execute();
    const rows = (await store.readAfter(start, 10)) ?? [];
    assert.deepEqual(
      rows.map(({ key }) => key?.toString()),
      ['a', 'b'],
    );
    const [first] = rows;
    assert.ok(first !== undefined);
    await store.advance(start, first);
    await assert.rejects(store.advance(start, first), relayStore.RelayFenced);
    assert.equal((await store.readAfter(await store.cursor(), 10))?.length, 1);
    await store.close();
  },
);

both(
  'I-33 a fact that follows another comes after it, whichever transaction began first',
  async ({ db, url, append: { insertIntoOutbox }, connectRelay, inbox: { lockPlaces } }) => {
    const first = await db.startTransaction().execute();
    await lockPlaces(first, 'c', [partition]);
    await db.transaction().execute((tx) => insertIntoOutbox(tx, [entry('a', 1n)]));
    await insertIntoOutbox(first, [entry('a', 2n)]);
    await first.commit().execute();
    const store = await connectRelay(url);
    const rows = (await store.readAfter({ xid: 0n, seq: 0n }, 10)) ?? [];
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      [1n, 2n],
    );
    await store.close();
  },
);

both('a number of an aggregate is given once', async ({ db, append: { insertIntoOutbox } }) => {
  await db.transaction().execute((tx) => insertIntoOutbox(tx, [entry('a', 1n)]));
  const again = db
    .transaction()
    .execute((tx) => insertIntoOutbox(tx, [{ ...entry('a', 1n), eventId: uuid(9) }]));
  await assert.rejects(again, { code: '23505', constraint: 'outbox_history' });
});

both('one relay at a time has the right to publish', async ({ url, connectRelay }) => {
  const [one, other] = [await connectRelay(url), await connectRelay(url)];
  assert.deepEqual([await one.tryLock(), await other.tryLock()], [true, false]);
  await one.close();
  await sleep(300);
  assert.equal(await other.tryLock(), true);
  await other.close();
});

both(
  'two transactions that wait for each other end in one deadlock',
  async ({ db, answers: { claimAnswer } }) => {
    const key = (name: string) => ({ caller: 'user:a', method: 'm', request_id: name });
    const [one, other] = [await db.startTransaction().execute(), await db.startTransaction().execute()];
    await claimAnswer(one, key('x'), Buffer.from('1'));
    await claimAnswer(other, key('y'), Buffer.from('2'));
    const outcomes = await Promise.allSettled([
      claimAnswer(one, key('y'), Buffer.from('1')).finally(() => one.rollback().execute()),
      claimAnswer(other, key('x'), Buffer.from('2')).finally(() => other.rollback().execute()),
    ]);
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['40P01'],
    );
  },
);
