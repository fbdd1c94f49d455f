import type { Kysely } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';

/** Which command of which caller. */
export type AnswerKey = { readonly caller: string; readonly method: string; readonly request_id: string };

/** Enters a command that begins; false when it was there already. Waits for one that is under way to end. */
export async function claimAnswer(db: Kysely<KernelTables>, key: AnswerKey, hash: Buffer): Promise<boolean> {
  const claimed = await db
    .insertInto('idempotency')
    .values({ ...key, request_hash: hash, response: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return claimed.numInsertedOrUpdatedRows === 1n;
}

/** Writes the answer of a command down, as protobuf. */
export async function storeAnswer(
  db: Kysely<KernelTables>,
  key: AnswerKey,
  response: Uint8Array,
): Promise<void> {
  await db
    .updateTable('idempotency')
    .set({ response })
    .where('caller', '=', key.caller)
    .where('method', '=', key.method)
    .where('request_id', '=', key.request_id)
    .execute();
}

/** What an entered command was asked and what it answered. Throws when it isn't there. */
export async function findAnswer(
  db: Kysely<KernelTables>,
  key: AnswerKey,
): Promise<{ readonly request_hash: Uint8Array; readonly response: Uint8Array | null }> {
  return db
    .selectFrom('idempotency')
    .select(['request_hash', 'response'])
    .where('caller', '=', key.caller)
    .where('method', '=', key.method)
    .where('request_id', '=', key.request_id)
    .executeTakeFirstOrThrow();
}
