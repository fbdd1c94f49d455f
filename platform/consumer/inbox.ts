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
 * The next offset of each partition, locked until the transaction ends. Two members that both believe to have a
 * partition take turns here, and the later one sees what the earlier one did.
 */
export async function lockPlaces(
  db: Kysely<KernelTables>,
  consumer: string,
  partitions: readonly TopicPartition[],
): Promise<(partition: TopicPartition) => bigint> {
  const topics = partitions.map(({ topic }) => topic);
  const numbers = partitions.map(({ partition }) => partition);
  const select = async () => {
    const { rows } = await sql<{ topic: string; partition: number; next_offset: bigint }>`
      select topic, partition, next_offset from consumer_offset
      where consumer = ${consumer}
        and (topic, partition) in (select * from unnest(${topics}::text[], ${numbers}::integer[]))
      order by topic, partition for update`.execute(db);
    return new Map(rows.map((row) => [partitionName(row), row.next_offset]));
  };
  let places = await select();
  if (places.size < partitions.length) {
    await sql`
      insert into consumer_offset (consumer, topic, partition, next_offset)
      select ${consumer}, topic, partition, 0
      from unnest(${topics}::text[], ${numbers}::integer[]) as assigned (topic, partition)
      order by topic, partition
      on conflict do nothing`.execute(db);
    places = await select();
  }
  return (partition) => places.get(partitionName(partition)) ?? 0n;
}

/**
 * Enters facts into the inbox, and moves the partitions' places forward to `reached`, never back. Returns those facts
 * that were not there before: only these may have an effect. Another transaction that is entering the same facts is
 * waited for.
 */
export async function claimFacts(
  db: Kysely<KernelTables>,
  consumer: string,
  claims: readonly Claim[],
  reached: readonly Position[],
): Promise<ReadonlySet<Claim>> {
  const records = claims.map(({ incoming }) => incoming.record);
  const { rows } = await sql<Position>`
    with moved as (
      update consumer_offset as place set next_offset = greatest(place.next_offset, reached.next_offset)
      from unnest(
        ${reached.map(({ topic }) => topic)}::text[],
        ${reached.map(({ partition }) => partition)}::integer[],
        ${reached.map(({ offset }) => offset)}::bigint[]
      ) as reached (topic, partition, next_offset)
      where place.consumer = ${consumer} and place.topic = reached.topic and place.partition = reached.partition
    )
    insert into inbox (consumer, event_id, topic, partition, "offset", outcome)
    select ${consumer}, event_id, topic, partition, "offset", outcome
    from unnest(
      ${claims.map(({ incoming }) => incoming.envelope.id)}::uuid[],
      ${records.map(({ topic }) => topic)}::text[],
      ${records.map(({ partition }) => partition)}::integer[],
      ${records.map(({ offset }) => offset)}::bigint[],
      ${claims.map(({ outcome }) => outcome)}::text[]
    ) as fresh (event_id, topic, partition, "offset", outcome)
    on conflict do nothing
    returning topic, partition, "offset"`.execute(db);
  const entered = new Set(rows.map(positionName));
  return new Set(claims.filter(({ incoming }) => entered.has(positionName(incoming.record))));
}

function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function positionName(position: Position): string {
  return `${partitionName(position)}/${position.offset}`;
}
