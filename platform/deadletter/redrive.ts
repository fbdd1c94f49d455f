import type { Consumer } from '#platform/consumer/consumer.ts';
import { handleFact } from '#platform/consumer/handle.ts';
import { claimFacts } from '#platform/consumer/inbox.ts';
import { type Incoming, readRecord } from '#platform/consumer/incoming.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { isDisconnect } from '#platform/db/transient.ts';
import type { Logger } from '#platform/log/logger.ts';
import { restoreHeaders } from '#platform/outbox/stored-headers.ts';
import { type DeadLetter, lockHead, updateLetter } from './letters.ts';
import { describeError, firstRetryMs } from './parking.ts';
import { publishDeadLetter } from './publish.ts';

/** After so many attempts in all a fact is dead. The last comes about half a minute after the first. */
export const mostAttempts = 6;

/** What an attempt came to: `passed` when the letter is done already or waits behind another of its key. */
export type Attempt = 'taken' | 'failed' | 'passed';

/**
 * Takes a dead letter as its consumer would have: inbox row, effect, outbox rows and the letter's end in one
 * transaction, and only when no earlier letter of its key is open. A failure is counted; at `attemptsAllowed` (6) and
 * beyond the letter is dead. Throws when the database is away.
 */
export async function takeDeadLetter(
  consumer: Consumer,
  id: bigint,
  log: Logger,
  attemptsAllowed = mostAttempts,
): Promise<Attempt> {
  try {
    return await consumer.database.transaction(async (tx) => {
      const db = kernelTables(tx.db);
      const letter = await lockHead(db, consumer.name, id);
      if (letter === undefined) {
        return 'passed';
      }
      const incoming = read(consumer, letter);
      if (incoming.kind === 'poison') {
        throw new Error(incoming.problem);
      }
      const outcome = incoming.handler === undefined ? 'skip' : 'effect';
      const fresh = await claimFacts(db, consumer.name, [{ incoming, outcome }], []);
      if (fresh.size > 0) {
        await handleFact(consumer.name, incoming, tx, log);
      }
      await updateLetter(db, id, {
        state: 'REDRIVEN',
        attempts: letter.attempts + 1,
        next_attempt_time: null,
      });
      return 'taken';
    });
  } catch (error) {
    if (isDisconnect(error)) {
      throw error;
    }
    log.warn({ err: error, dead_letter: id.toString() }, 'a dead letter failed again');
    return recordFailure(consumer, id, error, attemptsAllowed);
  }
}

async function recordFailure(
  consumer: Consumer,
  id: bigint,
  error: unknown,
  attemptsAllowed: number,
): Promise<Attempt> {
  return consumer.database.transaction(async (tx) => {
    const db = kernelTables(tx.db);
    const letter = await lockHead(db, consumer.name, id);
    if (letter === undefined) {
      return 'passed';
    }
    const attempts = letter.attempts + 1;
    const dead = attempts >= attemptsAllowed || letter.state === 'DEAD';
    const failed = {
      ...letter,
      attempts,
      error: describeError(error),
      state: dead ? ('DEAD' as const) : ('RETRYING' as const),
      next_attempt_time: dead ? null : new Date(Date.now() + firstRetryMs * 2 ** (attempts - 1)),
      dead_time: dead ? (letter.dead_time ?? new Date()) : null,
    };
    const { state, next_attempt_time, dead_time } = failed;
    await updateLetter(db, id, { state, attempts, next_attempt_time, dead_time, error: failed.error });
    // The copy goes out once: it is the record as it was when it was given up on.
    if (dead && letter.dead_time === null) {
      await publishDeadLetter(db, failed);
    }
    return 'failed';
  });
}

function read(consumer: Consumer, letter: DeadLetter): Incoming {
  const subscription = consumer.subscriptions.get(letter.topic);
  if (subscription === undefined) {
    throw new Error(`${consumer.name} no longer reads ${letter.topic}`);
  }
  return readRecord(subscription, {
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset,
    key: letter.key === null ? null : Buffer.from(letter.key),
    value: letter.payload === null ? null : Buffer.from(letter.payload),
    headers: restoreHeaders(letter.headers),
  });
}
