import type { Kysely, Selectable } from 'kysely';
import type { Claim } from '#platform/consumer/inbox.ts';
import type { KernelTables } from '#platform/db/database.ts';
import type { Position, TopicPartition } from '#platform/kafka/kafka.ts';
import { statement } from '../connection.ts';
import type { MemoryTransaction } from '../server.ts';

type Place = Selectable<KernelTables['consumer_offset']>;

export type { Claim };

export function storedPositions(
  db: Kysely<KernelTables>,
  consumer: string,
  partitions: readonly TopicPartition[],
): Promise<readonly Position[]> {
  return statement(db, (tx) =>
    partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      offset: placeOf(tx, consumer, { topic, partition })?.next_offset ?? 0n,
    })),
  );
}

export async function lockPlaces(
  db: Kysely<KernelTables>,
  consumer: string,
  partitions: readonly TopicPartition[],
): Promise<(partition: TopicPartition) => bigint> {
  const places = await statement(db, async (tx) => {
    const found = new Map<string, bigint>();
    for (const { topic, partition } of [...partitions].sort(byPartition)) {
      const key = placeKey(consumer, { topic, partition });
      const place = await tx.locked<Place>('consumer_offset', key);
      if (place === undefined) {
        tx.put('consumer_offset', key, { consumer, topic, partition, next_offset: 0n });
      }
      found.set(key, place?.next_offset ?? 0n);
    }
    return found;
  });
  return (partition) => places.get(placeKey(consumer, partition)) ?? 0n;
}

export function claimFacts(
  db: Kysely<KernelTables>,
  consumer: string,
  claims: readonly Claim[],
  reached: readonly Position[],
): Promise<ReadonlySet<Claim>> {
  return statement(db, async (tx) => {
    for (const { topic, partition, offset } of reached) {
      const key = placeKey(consumer, { topic, partition });
      const place = await tx.locked<Place>('consumer_offset', key);
      if (place !== undefined && place.next_offset < offset) {
        tx.put('consumer_offset', key, { ...place, next_offset: offset });
      }
    }
    const fresh = new Set<Claim>();
    for (const claim of claims) {
      const { envelope, record } = claim.incoming;
      const { topic, partition, offset } = record;
      const row = { consumer, event_id: envelope.id, topic, partition, offset, outcome: claim.outcome };
      if (await tx.insert('inbox', `${consumer}/${envelope.id}`, row)) {
        fresh.add(claim);
      }
    }
    return fresh;
  });
}

function placeOf(tx: MemoryTransaction, consumer: string, partition: TopicPartition): Place | undefined {
  return tx.get<Place>('consumer_offset', placeKey(consumer, partition));
}

function placeKey(consumer: string, { topic, partition }: TopicPartition): string {
  return `${consumer}/${topic}/${partition}`;
}

function byPartition(one: TopicPartition, other: TopicPartition): number {
  return one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1;
}
