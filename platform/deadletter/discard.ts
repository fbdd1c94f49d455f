import type { Kysely } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import { isOpen } from './open.ts';

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Gives open letters up, inside a transaction, and returns the ids of those that were open. Their facts are entered
 * into the inbox as discarded, so that a topic that is read again from its start has no effect of them either.
 */
export async function discardDeadLetters(
  db: Kysely<KernelTables>,
  ids: readonly bigint[],
  actor: string,
  reason: string,
): Promise<readonly bigint[]> {
  const letters = await db
    .updateTable('dead_letter')
    .set({ state: 'DISCARDED', next_attempt_time: null, update_time: new Date() })
    .where('id', 'in', ids)
    .where(isOpen)
    .returning(['id', 'consumer', 'event_id', 'topic', 'partition', 'offset'])
    .execute();
  const facts = letters.flatMap(({ consumer, event_id, topic, partition, offset }) =>
    event_id === null || !uuid.test(event_id)
      ? []
      : [{ consumer, event_id, topic, partition, offset, outcome: 'discard' as const }],
  );
  if (facts.length > 0) {
    await db
      .insertInto('inbox')
      .values(facts)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (letters.length > 0) {
    await db
      .insertInto('dead_letter_audit')
      .values(letters.map(({ id }) => ({ dead_letter_id: id, action: 'DISCARD' as const, actor, reason })))
      .execute();
  }
  return letters.map(({ id }) => id);
}
