import { type Kysely, sql } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import type { Position, TopicPartition } from '#platform/kafka/kafka.ts';
import type { Incoming } from './incoming.ts';

/** A fact and what the inbox is to say of it. */
export type Claim = {
  readonly incoming: Extract<Incoming, { kind: 'fact' }>;
  readonly outcome: 'effect' | 'skip';
};

/**
 * Where a consumer is in these partitions. One that it has no place in starts at its first record, whatever the broker
 * believes to have been told: what counts is what this database knows of.
 */
export async function storedPositions(
  db: Kysely<KernelTables>,
  consumer: string,
  partitions: readonly TopicPartition[],
): Promise<readonly Position[]> {
  const rows = await db
    .selectFrom('consumer_offset')
    .select(['topic', 'partition', 'next_offset'])
    .where('consumer', '=', consumer)
    .execute();
  return partitions.map(({ topic, partition }) => {
    const place = rows.find((row) => row.topic === topic && row.partition === partition);
    return { topic, partition, offset: place?.next_offset ?? 0n };
  });
}

/**
 * The next offset of a partition, locked until the transaction ends. Two members that both believe to have the
 * partition take turns here, and the later one sees what the earlier one did.
 */
export async function lockPlace(
  db: Kysely<KernelTables>,
  consumer: string,
  { topic, partition }: TopicPartition,
): Promise<bigint> {
  const select = () =>
    db
      .selectFrom('consumer_offset')
      .select('next_offset')
      .where('consumer', '=', consumer)
      .where('topic', '=', topic)
      .where('partition', '=', partition)
      .forUpdate()
      .executeTakeFirst();
  const place = await select();
  if (place !== undefined) {
    return place.next_offset;
  }
  await db
    .insertInto('consumer_offset')
    .values({ consumer, topic, partition, next_offset: 0n })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await select())?.next_offset ?? 0n;
}

/** Moves a partition's place forward, never back. */
export async function advancePlace(
  db: Kysely<KernelTables>,
  consumer: string,
  { topic, partition }: TopicPartition,
  next: bigint,
): Promise<void> {
  await sql`
    update consumer_offset set next_offset = greatest(next_offset, ${next}::bigint)
    where consumer = ${consumer} and topic = ${topic} and partition = ${partition}`.execute(db);
}

/**
 * Enters facts into the inbox. Returns the offsets of those that were not there before: only these may have an
 * effect. Another transaction that is entering the same facts is waited for.
 */
export async function claimFacts(
  db: Kysely<KernelTables>,
  consumer: string,
  claims: readonly Claim[],
): Promise<ReadonlySet<bigint>> {
  const first = claims[0]?.incoming.record;
  if (first === undefined) {
    return new Set();
  }
  const { rows } = await sql<{ offset: bigint }>`
    insert into inbox (consumer, event_id, topic, partition, "offset", outcome)
    select ${consumer}, event_id, ${first.topic}, ${first.partition}::integer, "offset", outcome
    from unnest(
      ${claims.map(({ incoming }) => incoming.envelope.id)}::uuid[],
      ${claims.map(({ incoming }) => incoming.record.offset)}::bigint[],
      ${claims.map(({ outcome }) => outcome)}::text[]
    ) as fresh (event_id, "offset", outcome)
    on conflict do nothing
    returning "offset"`.execute(db);
  return new Set(rows.map((row) => row.offset));
}
