import type { Kysely } from 'kysely';
import type { KernelTables, Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { isDisconnect } from '#platform/db/transient.ts';
import { keyName, park, parkedKeys } from '#platform/deadletter/parking.ts';
import { failpoint } from '#platform/failpoint/failpoint.ts';
import type { Position, TopicPartition } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Consumer } from './consumer.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import { handleFact } from './handle.ts';
import { type Claim, claimFacts, lockPlaces } from './inbox.ts';
import type { Incoming } from './incoming.ts';

/** Consecutive records of a partition, and until when they are this process's to work on. */
export type Portion = TopicPartition & {
  readonly records: readonly Incoming[];
  readonly signal: AbortSignal;
};

/**
 * Takes the records of a partition, in order. When that fails they are halved, down to a single one that fails by
 * itself: it and its key are parked, and the rest goes on. Throws only when the database is away or the partition is
 * lost; then nothing of the failing part was done, and the same records may be given again.
 */
export async function takePortion(consumer: Consumer, portion: Portion, log: Logger): Promise<void> {
  const { records } = portion;
  try {
    await takeTogether(consumer, [portion], log);
  } catch (error) {
    const [only] = records;
    if (isDisconnect(error) || portion.signal.aborted || only === undefined) {
      throw error;
    }
    if (records.length > 1) {
      const middle = Math.ceil(records.length / 2);
      await takePortion(consumer, { ...portion, records: records.slice(0, middle) }, log);
      await takePortion(consumer, { ...portion, records: records.slice(middle) }, log);
      return;
    }
    log.warn({ err: error, offset: only.record.offset.toString() }, 'a fact failed and its key is parked');
    await consumer.database.transaction(async (tx) => {
      const db = kernelTables(tx.db);
      const place = await lockPlaces(db, consumer.name, [portion]);
      if (place(portion) <= only.record.offset) {
        await park(db, consumer.name, only, { state: 'RETRYING', error });
        await claimFacts(db, consumer.name, [], [endOf(portion)]);
      }
    });
    consumerMetrics.records.inc({ consumer: consumer.name, outcome: 'parked' });
  }
}

/**
 * Takes records of several partitions: inbox, effects, outbox and places in one transaction, each partition's in order.
 * Throws when one of them fails; then nothing was done.
 */
export async function takeTogether(
  consumer: Consumer,
  portions: readonly Portion[],
  log: Logger,
): Promise<void> {
  await failpoint(consumer.step, 'P1');
  const single = portions.length === 1 && portions[0]?.records.length === 1;
  const outcomes = await consumer.database.transaction(
    (tx) => takeInTransaction(consumer, portions, log, tx),
    // A smaller transaction is the better way out of a deadlock: it meets fewer others.
    { attempts: single ? 6 : 1, reserved: true },
  );
  for (const [outcome, count] of Object.entries(outcomes)) {
    consumerMetrics.records.inc({ consumer: consumer.name, outcome }, count);
  }
  await failpoint(consumer.step, 'P3');
}

type Outcomes = { effect: number; skip: number; duplicate: number; queued: number; dead: number };

async function takeInTransaction(
  consumer: Consumer,
  portions: readonly Portion[],
  log: Logger,
  tx: Tx<unknown>,
): Promise<Outcomes> {
  const db = kernelTables(tx.db);
  const outcomes = { effect: 0, skip: 0, duplicate: 0, queued: 0, dead: 0 };
  const place = await lockPlaces(db, consumer.name, portions);
  const waiting = portions.flatMap((portion) =>
    portion.records.filter(({ record }) => record.offset >= place(portion)),
  );
  const claims = await setAside(consumer, waiting, db, outcomes);
  const fresh = await claimFacts(db, consumer.name, claims, portions.map(endOf));
  const records = portions.reduce((sum, portion) => sum + portion.records.length, 0);
  outcomes.duplicate = records - waiting.length + claims.length - fresh.size;
  const effects = [...fresh].filter(({ outcome }) => outcome === 'effect');
  const upcoming = effects.map(({ incoming }) => incoming);
  const conclude = effects.length === 0 ? undefined : await consumer.together?.(upcoming, tx);
  for (const { incoming, outcome } of fresh) {
    for (const { signal } of portions) {
      signal.throwIfAborted();
    }
    await handleFact(consumer.name, incoming, tx, log);
    outcomes[outcome]++;
  }
  await conclude?.();
  await failpoint(consumer.step, 'P2');
  return outcomes;
}

/** Where a partition's place is once the records are taken. */
function endOf({ topic, partition, records }: Portion): Position {
  return { topic, partition, offset: (records.at(-1)?.record.offset ?? -1n) + 1n };
}

/** Parks what is poison or waits behind a parked fact of its key. Returns the rest. */
async function setAside(
  consumer: Consumer,
  records: readonly Incoming[],
  db: Kysely<KernelTables>,
  outcomes: Outcomes,
): Promise<readonly Claim[]> {
  const parked = await parkedKeys(db, consumer.name, records);
  const claims: Claim[] = [];
  for (const incoming of records) {
    const key = keyName(incoming.record);
    if (key !== undefined && parked.has(key)) {
      await park(db, consumer.name, incoming, {
        state: 'QUEUED',
        error: 'Waits behind an earlier fact of its key.',
      });
      outcomes.queued++;
    } else if (incoming.kind === 'poison') {
      await park(db, consumer.name, incoming, { state: 'DEAD', error: incoming.problem });
      outcomes.dead++;
      if (key !== undefined) {
        parked.add(key);
      }
    } else {
      claims.push({ incoming, outcome: incoming.handler === undefined ? 'skip' : 'effect' });
    }
  }
  return claims;
}
