import { randomUUID } from 'node:crypto';
import type { ConsumedRecord, Kafka } from './kafka.ts';

/** Where a topic's partitions begin and end. */
export type Bounds = readonly { readonly partition: number; readonly first: bigint; readonly next: bigint }[];

const quietMs = 60_000;

/** The offset at which to begin in a partition; one that is gone means the first that is kept. */
export type From = (topic: string, partition: number) => bigint | undefined;

/**
 * Gives every record that these topics hold now to `visit`, those of a partition in order and each once, and keeps none.
 * Returns the topics' bounds. For checks from outside. Throws when the broker stops giving for a minute.
 */
export async function scanTopics(
  kafka: Kafka,
  topics: readonly string[],
  visit: (record: ConsumedRecord) => void,
  from: From = () => undefined,
): Promise<ReadonlyMap<string, Bounds>> {
  const bounds = new Map<string, Bounds>();
  for (const topic of topics) {
    bounds.set(topic, await kafka.admin.offsets(topic));
  }
  const ends = new Map<string, bigint>();
  const starts = new Map<string, bigint>();
  for (const [topic, partitions] of bounds) {
    for (const { partition, first, next } of partitions) {
      const wanted = from(topic, partition);
      const start = wanted === undefined || wanted < first ? first : wanted;
      starts.set(`${topic}/${partition}`, start);
      if (start < next) {
        ends.set(`${topic}/${partition}`, next);
      }
    }
  }
  const left = new Set(ends.keys());
  if (left.size > 0) {
    const read = topics.filter((topic) => [...left].some((place) => place.startsWith(`${topic}/`)));
    await readUntil(kafka, read, { starts, ends, left }, visit);
  }
  return bounds;
}

type Places = {
  readonly starts: ReadonlyMap<string, bigint>;
  readonly ends: ReadonlyMap<string, bigint>;
  /** Those that are not at their end yet. */
  readonly left: Set<string>;
};

async function readUntil(
  kafka: Kafka,
  topics: readonly string[],
  { starts, ends, left }: Places,
  visit: (record: ConsumedRecord) => void,
): Promise<void> {
  const groupId = `shopverse.scan.${randomUUID()}`;
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
        offset: reached.get(`${topic}/${partition}`) ?? starts.get(`${topic}/${partition}`) ?? 0n,
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

/** The records of one topic, by partition and offset; see `scanTopics`. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  from: ReadonlyMap<number, bigint> = new Map(),
): Promise<readonly ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  await scanTopics(
    kafka,
    [topic],
    (record) => records.push(record),
    (_topic, partition) => from.get(partition),
  );
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}
