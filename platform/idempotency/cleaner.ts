import { sql } from 'kysely';
import type { Database } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { leased } from '#platform/lease/lease.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';

const everyMs = 10 * 60_000;
const rowsAtOnce = 2_000;

/** Forgets stored answers that are older than 48 hours, a few at a time. */
export function idempotencyCleaner<T>(database: Database<T>): Worker {
  return leased(database, 'idempotency-cleaner', async ({ signal }) => {
    while (!signal.aborted) {
      const deleted = await forgetOldAnswers(database);
      if (deleted < rowsAtOnce) {
        await pause(everyMs, signal);
      }
    }
  });
}

/** Deletes at most 2000 answers that are older than 48 hours, and returns how many it deleted. */
export async function forgetOldAnswers<T>(database: Database<T>): Promise<number> {
  const deleted = await sql`
    delete from idempotency where ctid in (
      select ctid from idempotency where created_at < now() - interval '48 hours' limit ${rowsAtOnce})`.execute(
    kernelTables(database.db),
  );
  return Number(deleted.numAffectedRows ?? 0n);
}
