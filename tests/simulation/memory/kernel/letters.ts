import type { Insertable, Kysely, Updateable } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import type { DeadLetter, TopicKey } from '#platform/deadletter/letters.ts';
import { statement } from '../connection.ts';
import type { MemoryTransaction } from '../server.ts';

export type { DeadLetter, TopicKey };

const table = 'dead_letter';

export function openKeys(
  db: Kysely<KernelTables>,
  consumer: string,
  keys: readonly TopicKey[],
): Promise<readonly TopicKey[]> {
  return statement(db, (tx) =>
    keys.filter((wanted) => openOf(tx, consumer).some((letter) => isOfKey(letter, wanted))),
  );
}

export function insertLetter(
  db: Kysely<KernelTables>,
  letter: Insertable<KernelTables['dead_letter']>,
): Promise<DeadLetter | undefined> {
  return statement(db, async (tx) => {
    const { consumer, topic, partition, offset } = letter;
    const where = `${consumer}/${topic}/${partition}/${offset}`;
    const id = tx.server.draw(table);
    const now = new Date();
    const row: DeadLetter = {
      ...letter,
      id,
      headers: JSON.parse(letter.headers),
      key: letter.key ?? null,
      payload: letter.payload ?? null,
      event_id: letter.event_id ?? null,
      next_attempt_time: (letter.next_attempt_time as Date | null) ?? null,
      dead_time: (letter.dead_time as Date | null) ?? null,
      create_time: now,
      update_time: now,
    };
    if (!(await tx.insert('dead_letter_place', where, { id }))) {
      return undefined;
    }
    await tx.insert(table, String(id), row);
    return row;
  });
}

export function dueDeadLetters(db: Kysely<KernelTables>, consumer: string): Promise<readonly bigint[]> {
  const now = Date.now();
  return statement(db, (tx) => {
    const open = openOf(tx, consumer);
    return open
      .filter(
        (letter) =>
          letter.state !== 'DEAD' &&
          (letter.next_attempt_time?.getTime() ?? 0) <= now &&
          !open.some((earlier) => earlier.id < letter.id && isOfKey(earlier, letter)),
      )
      .slice(0, 100)
      .map(({ id }) => id);
  });
}

export function lockHead(
  db: Kysely<KernelTables>,
  consumer: string,
  id: bigint,
): Promise<DeadLetter | undefined> {
  return statement(db, async (tx) => {
    const letter = await tx.locked<DeadLetter>(table, String(id));
    const isHead =
      letter?.consumer === consumer &&
      isOpen(letter) &&
      !openOf(tx, consumer).some((earlier) => earlier.id < id && isOfKey(earlier, letter));
    return isHead ? letter : undefined;
  });
}

export function updateLetter(
  db: Kysely<KernelTables>,
  id: bigint,
  changes: Updateable<KernelTables['dead_letter']>,
): Promise<void> {
  return statement(db, async (tx) => {
    const letter = await tx.locked<DeadLetter>(table, String(id));
    tx.put(table, String(id), { ...letter, ...changes, update_time: new Date() });
  });
}

export function countOpen(db: Kysely<KernelTables>, consumer: string): Promise<ReadonlyMap<string, number>> {
  return statement(db, (tx) => {
    const counts = new Map<string, number>();
    for (const { state } of openOf(tx, consumer)) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  });
}

function openOf(tx: MemoryTransaction, consumer: string): DeadLetter[] {
  return tx.rows<DeadLetter>(table).filter((letter) => letter.consumer === consumer && isOpen(letter));
}

function isOpen({ state }: DeadLetter): boolean {
  return state === 'RETRYING' || state === 'DEAD' || state === 'QUEUED';
}

/** As in SQL, nothing is of the key that is null. */
function isOfKey(
  one: DeadLetter,
  other: { readonly topic: string; readonly key: Uint8Array | null },
): boolean {
  return (
    one.topic === other.topic &&
    one.key !== null &&
    other.key !== null &&
    Buffer.from(one.key).equals(other.key)
  );
}
