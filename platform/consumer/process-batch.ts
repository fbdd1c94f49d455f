import type { Kysely } from 'kysely';
import type { KernelTables, Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { isDisconnect } from '#platform/db/transient.ts';
import { park, parkedKeys } from '#platform/deadletter/parking.ts';
import { failpoint } from '#platform/failpoint/failpoint.ts';
import type { TopicPartition } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Consumer } from './consumer.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import { handleFact } from './handle.ts';
import { advancePlace, type Claim, claimFacts, lockPlace } from './inbox.ts';
import type { Incoming } from './incoming.ts';

/** Consecutive records of a partition, and until when they are this process's to work on. */
export type Work = TopicPartition & { readonly signal: AbortSignal; readonly log: Logger };

/**
 * Takes records of one partition, in order: inbox, effects, outbox and place in one transaction. When that fails the
 * records are halved, down to a single one that fails by itself: it and its key are parked, and the rest goes on.
 * Throws only when the database is away or the partition is lost; then nothing of the failing part was done, and the
 * same records may be given again.
 */
export async function processRecords(
  consumer: Consumer,
  records: readonly Incoming[],
  work: Work,
): Promise<void> {
  try {
    await takeTogether(consumer, records, work);
  } catch (error) {
    const [only] = records;
    if (isDisconnect(error) || work.signal.aborted || only === undefined) {
      throw error;
    }
    if (records.length > 1) {
      const middle = Math.ceil(records.length / 2);
      await processRecords(consumer, records.slice(0, middle), work);
      await processRecords(consumer, records.slice(middle), work);
      return;
    }
    work.log.warn(
      { err: error, offset: only.record.offset.toString() },
      'a fact failed and its key is parked',
    );
    await consumer.database.transaction(async (tx) => {
      const db = kernelTables(tx.db);
      if ((await lockPlace(db, consumer.name, work)) <= only.record.offset) {
        await park(db, consumer.name, only, { state: 'RETRYING', error });
        await advancePlace(db, consumer.name, work, only.record.offset + 1n);
      }
    });
    consumerMetrics.records.inc({ consumer: consumer.name, outcome: 'parked' });
  }
}

async function takeTogether(consumer: Consumer, records: readonly Incoming[], work: Work): Promise<void> {
  await failpoint(consumer.step, 'P1');
  const outcomes = await consumer.database.transaction(
    (tx) => takeInTransaction(consumer, records, work, tx),
    // Halving is the better way out of a deadlock: a smaller transaction meets fewer others.
    { attempts: records.length > 1 ? 1 : 6 },
  );
  for (const [outcome, count] of Object.entries(outcomes)) {
    consumerMetrics.records.inc({ consumer: consumer.name, outcome }, count);
  }
  await failpoint(consumer.step, 'P3');
}

type Outcomes = { effect: number; skip: number; duplicate: number; queued: number; dead: number };

async function takeInTransaction(
  consumer: Consumer,
  records: readonly Incoming[],
  work: Work,
  tx: Tx<unknown>,
): Promise<Outcomes> {
  const db = kernelTables(tx.db);
  const place = await lockPlace(db, consumer.name, work);
  const waiting = records.filter(({ record }) => record.offset >= place);
  const last = waiting.at(-1);
  const outcomes = { effect: 0, skip: 0, duplicate: records.length - waiting.length, queued: 0, dead: 0 };
  if (last === undefined) {
    return outcomes;
  }
  const claims = await setAside(consumer, waiting, db, outcomes);
  const fresh = await claimFacts(db, consumer.name, claims);
  outcomes.duplicate += claims.length - fresh.size;
  for (const { incoming, outcome } of claims) {
    if (fresh.has(incoming.record.offset)) {
      work.signal.throwIfAborted();
      await handleFact(consumer.name, incoming, tx, work.log);
      outcomes[outcome]++;
    }
  }
  await failpoint(consumer.step, 'P2');
  await advancePlace(db, consumer.name, work, last.record.offset + 1n);
  return outcomes;
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
    const key = incoming.record.key?.toString('base64');
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
