import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { Tables } from './tables.ts';

const entered = new WeakSet<object>();

/**
 * Waits until no other transaction moves stock, and keeps others out until this one ends. To be called before the first
 * lock on a shelf. Row locks alone keep the figures right; this keeps transactions that touch many shelves one after
 * the other, such as two consumers' batches, from ending in deadlock after deadlock.
 */
export async function asOnlyWriter(tx: Tx<Tables>): Promise<void> {
  if (!entered.has(tx.db)) {
    await sql`select pg_advisory_xact_lock(hashtext('inventory.stock'))`.execute(tx.db);
    entered.add(tx.db);
  }
}
