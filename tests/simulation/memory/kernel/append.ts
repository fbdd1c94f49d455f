import type { Kysely } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import { type OutboxEntry, outboxEntry } from '#platform/outbox/append.ts';
import type { OutboxRow } from '#platform/outbox/relay-store.ts';
import { statement } from '../connection.ts';
import { databaseError } from '../server.ts';

export { type OutboxEntry, outboxEntry };

/** A row of the outbox as the memory keeps it. */
export type StoredEntry = OutboxRow & Pick<OutboxEntry, 'aggregateId' | 'sequence' | 'eventId' | 'type'>;

export function insertIntoOutbox(db: Kysely<KernelTables>, entries: readonly OutboxEntry[]): Promise<void> {
  return statement(db, async (tx) => {
    for (const entry of entries) {
      const { topic, aggregateId, sequence } = entry;
      if (!(await tx.insert('outbox_history', `${topic}/${aggregateId}/${sequence}`, {}))) {
        throw databaseError('23505', 'duplicate key value', 'outbox_history');
      }
      const row: StoredEntry = {
        ...entry,
        key: entry.key === null ? null : Buffer.from(entry.key),
        payload: entry.payload === null ? null : Buffer.from(entry.payload),
        xid: tx.server.place(tx.xid ?? 0n),
        seq: tx.server.draw('outbox'),
        created_at: new Date(),
      };
      tx.write('outbox', String(row.seq), row);
    }
  });
}
