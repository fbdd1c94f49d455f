import { type Insertable, type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import { isOpen } from './open.ts';

/** A record that was set aside, as its table holds it. */
export type DeadLetter = Selectable<KernelTables['dead_letter']>;

/** A key of a topic's records. */
export type TopicKey = { readonly topic: string; readonly key: Buffer };

/** Those of the keys that have an open dead letter. Sound once the partitions' places are locked. */
export async function openKeys(
  db: Kysely<KernelTables>,
  consumer: string,
  keys: readonly TopicKey[],
): Promise<readonly TopicKey[]> {
  const { rows } = await sql<TopicKey>`
    select distinct topic, key from dead_letter
    where consumer = ${consumer} and ${isOpen}
      and (topic, key) in (
        select * from unnest(${keys.map(({ topic }) => topic)}::text[], ${keys.map(({ key }) => key)}::bytea[]))`.execute(
    db,
  );
  return rows;
}

/** Writes a letter down; undefined when the record was set aside before. */
export async function insertLetter(
  db: Kysely<KernelTables>,
  letter: Insertable<KernelTables['dead_letter']>,
): Promise<DeadLetter | undefined> {
  return db
    .insertInto('dead_letter')
    .values(letter)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** The ids of letters that are due and have no open letter of their key before them, oldest first. */
export async function dueDeadLetters(db: Kysely<KernelTables>, consumer: string): Promise<readonly bigint[]> {
  const { rows } = await sql<{ id: bigint }>`
    select id from dead_letter as due
    where consumer = ${consumer} and state in ('RETRYING', 'QUEUED')
      and coalesce(next_attempt_time, '-infinity') <= now()
      and not exists (
        select 1 from dead_letter as earlier
        where earlier.consumer = due.consumer and earlier.topic = due.topic and earlier.key = due.key
          and earlier.id < due.id and earlier.state in ('RETRYING', 'DEAD', 'QUEUED'))
    order by id limit 100`.execute(db);
  return rows.map((row) => row.id);
}

/** The letter, locked, unless it is done or has an open one of its key before it. */
export async function lockHead(
  db: Kysely<KernelTables>,
  consumer: string,
  id: bigint,
): Promise<DeadLetter | undefined> {
  const letter = await db
    .selectFrom('dead_letter')
    .selectAll()
    .where('id', '=', id)
    .where('consumer', '=', consumer)
    .where(isOpen)
    .forUpdate()
    .executeTakeFirst();
  if (letter === undefined || letter.key === null) {
    return letter;
  }
  const earlier = await db
    .selectFrom('dead_letter')
    .select('id')
    .where('consumer', '=', consumer)
    .where('topic', '=', letter.topic)
    .where('key', '=', letter.key)
    .where('id', '<', id)
    .where(isOpen)
    .limit(1)
    .executeTakeFirst();
  return earlier === undefined ? letter : undefined;
}

/** Writes down what became of a locked letter. */
export async function updateLetter(
  db: Kysely<KernelTables>,
  id: bigint,
  changes: Updateable<KernelTables['dead_letter']>,
): Promise<void> {
  await db
    .updateTable('dead_letter')
    .set({ ...changes, update_time: new Date() })
    .where('id', '=', id)
    .execute();
}

/** How many open letters a consumer has, by state. */
export async function countOpen(
  db: Kysely<KernelTables>,
  consumer: string,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ state: string; letters: bigint }>`
    select state, count(*) as letters from dead_letter
    where consumer = ${consumer} and ${isOpen} group by state`.execute(db);
  return new Map(rows.map(({ state, letters }) => [state, Number(letters)]));
}
