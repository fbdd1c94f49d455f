import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AbortedTransactionError, type Kysely } from 'kysely';
import pg from 'pg';
import { Counter } from 'prom-client';
import type { EventSource } from '#platform/events/headers.ts';
import { insertIntoOutbox, type OutboxEntry, outboxEntry } from '#platform/outbox/append.ts';
import { AmbiguousCommit } from './ambiguous-commit.ts';
import type { Tx } from './database.ts';
import { kernelTables } from './kernel-tables.ts';
import { isConflict, isDisconnect } from './transient.ts';

const conflicts = new Counter({
  name: 'shopverse_db_transaction_retries_total',
  help: 'Transactions run again after a serialization failure, a deadlock or a race for a sequence number.',
});

/** What a transaction came to: the work's result, and how many events went to the outbox. */
export type Committed<R> = { readonly result: R; readonly appended: number };

/** `Database.transaction`, without telling anybody of the commit. */
export async function runTransaction<T, R>(
  db: Kysely<T>,
  source: EventSource,
  work: (tx: Tx<T>) => Promise<R>,
  attempts = 6,
): Promise<Committed<R>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(db, source, work);
    } catch (error) {
      if (attempt >= attempts || !isConflict(error)) {
        throw error;
      }
      conflicts.inc();
      // Jitter, so that those who collided don't again.
      await sleep(Math.random() * 2 ** attempt * 4);
    }
  }
}

async function runOnce<T, R>(
  db: Kysely<T>,
  source: EventSource,
  work: (tx: Tx<T>) => Promise<R>,
): Promise<Committed<R>> {
  const transaction = await db.startTransaction().execute();
  const entries: OutboxEntry[] = [];
  const origin = randomUUID();
  let result: R;
  try {
    result = await work({
      db: transaction,
      append(...events) {
        for (const event of events) {
          entries.push(outboxEntry(source, origin, event));
        }
      },
    });
    if (entries.length > 0) {
      await insertIntoOutbox(kernelTables(transaction), entries);
    }
  } catch (error) {
    // A failing ROLLBACK says less than what made it necessary; kysely gives up that connection.
    await transaction
      .rollback()
      .execute()
      .catch(() => undefined);
    throw error;
  }
  try {
    await transaction.commit().execute();
  } catch (error) {
    await transaction
      .rollback()
      .execute()
      .catch(() => undefined);
    throw isRefused(error) ? error : new AmbiguousCommit(error);
  }
  return { result, appended: entries.length };
}

/** Whether the server answered that nothing was committed, as opposed to no answer having come. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof AbortedTransactionError || (error instanceof pg.DatabaseError && !isDisconnect(error))
  );
}
