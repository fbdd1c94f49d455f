import { randomUUID } from 'node:crypto';
import type { ConsumedRecord, Kafka } from '#platform/kafka/kafka.ts';

/** Where a topic's partitions begin and end. */
export type Bounds = readonly { readonly partition: number; readonly first: bigint; readonly next: bigint }[];

const quietMs = 60_000;

/**
 * Gives every record that these topics hold now to `visit`, those of a partition in order, and keeps none. Returns the
 * topics' bounds. Throws when the broker stops giving for a minute.
 */
export async function scanTopics(
  kafka: Kafka,
  topics: readonly string[],
  visit: (record: ConsumedRecord) => void,
): Promise<ReadonlyMap<string, Bounds>> {
  const bounds = new Map<string, Bounds>();
  for (const topic of topics) {
    bounds.set(topic, await kafka.admin.offsets(topic));
  }
  const ends = new Map<string, bigint>();
  for (const [topic, partitions] of bounds) {
    for (const { partition, first, next } of partitions) {
      if (first < next) {
        ends.set(`${topic}/${partition}`, next);
      }
    }
  }
  const left = new Set(ends.keys());
  if (left.size > 0) {
    await readUntil(
      kafka,
      [...topics].filter((topic) => hasRecords(bounds.get(topic))),
      ends,
      left,
      visit,
      bounds,
    );
  }
  return bounds;
}

async function readUntil(
  kafka: Kafka,
  topics: readonly string[],
  ends: ReadonlyMap<string, bigint>,
  left: Set<string>,
  visit: (record: ConsumedRecord) => void,
  bounds: ReadonlyMap<string, Bounds>,
): Promise<void> {
  const groupId = `shopverse.check.${randomUUID()}`;
  const done = Promise.withResolvers<void>();
  const fail = () => done.reject(new Error(`Kafka stopped giving records of ${[...left].join(', ')}`));
  let alarm = setTimeout(fail, quietMs);
  const reached = new Map<string, bigint>();
  const consumer = kafka.consume({
    groupId,
    topics,
    maxRecords: 5_000,
    onAssigned: async (partitions) =>
      partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        // A group that is balanced again goes on where it was: nothing is visited twice.
        offset:
          reached.get(`${topic}/${partition}`) ??
          bounds.get(topic)?.find((bound) => bound.partition === partition)?.first ??
          0n,
      })),
    async onBatch({ topic, partition, records }) {
      const place = `${topic}/${partition}`;
      const from = reached.get(place) ?? 0n;
      const end = ends.get(place) ?? 0n;
      try {
        for (const record of records) {
          if (record.offset >= from && record.offset < end) {
            visit(record);
          }
        }
      } catch (error) {
        done.reject(error);
        return;
      }
      const next = (records.at(-1)?.offset ?? -1n) + 1n;
      reached.set(place, next > from ? next : from);
      clearTimeout(alarm);
      alarm = setTimeout(fail, quietMs);
      if (next >= end && left.delete(place) && left.size === 0) {
        done.resolve();
      }
    },
  });
  try {
    await done.promise;
  } finally {
    clearTimeout(alarm);
    await consumer.close();
    await kafka.admin.deleteGroups([groupId]);
  }
}

function hasRecords(bounds: Bounds | undefined): boolean {
  return bounds?.some(({ first, next }) => first < next) ?? false;
}
