import type { Kysely, Selectable } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import type { AnswerKey } from '#platform/idempotency/answers.ts';
import { statement } from '../connection.ts';

type Stored = Selectable<KernelTables['idempotency']>;

export type { AnswerKey };

export function claimAnswer(db: Kysely<KernelTables>, key: AnswerKey, hash: Buffer): Promise<boolean> {
  return statement(db, (tx) =>
    tx.insert('idempotency', nameOf(key), { ...key, request_hash: hash, response: null }),
  );
}

export function storeAnswer(db: Kysely<KernelTables>, key: AnswerKey, response: Uint8Array): Promise<void> {
  return statement(db, async (tx) => {
    const stored = await tx.locked<Stored>('idempotency', nameOf(key));
    tx.put('idempotency', nameOf(key), { ...stored, response });
  });
}

export function findAnswer(
  db: Kysely<KernelTables>,
  key: AnswerKey,
): Promise<{ readonly request_hash: Uint8Array; readonly response: Uint8Array | null }> {
  return statement(db, (tx) => {
    const stored = tx.get<Stored>('idempotency', nameOf(key));
    if (stored === undefined) {
      throw new Error('no result');
    }
    return stored;
  });
}

function nameOf({ caller, method, request_id }: AnswerKey): string {
  return `${caller} ${method} ${request_id}`;
}
