import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { OrderTables } from './tables.ts';

const entered = new WeakSet<object>();

/**
 * Waits until no other batch of answers is under way, and keeps others out until this transaction ends. To be called
 * before a batch's first lock on an order. The rows' locks alone keep the orders right; but one order's answers lie in
 * three topics, so that two batches would often lock the same orders, each in its own order, and end in a deadlock.
 */
export async function asOnlyBatch(tx: Tx<OrderTables>): Promise<void> {
  if (!entered.has(tx.db)) {
    await sql`select pg_advisory_xact_lock(hashtext('order.checkout'))`.execute(tx.db);
    entered.add(tx.db);
  }
}
