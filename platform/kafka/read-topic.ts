import { randomUUID } from 'node:crypto';
import type { ConsumedRecord, Kafka } from './kafka.ts';

/**
 * Every record of a topic that is there now, by partition and offset; for checks from outside. `from` gives the first
 * offset by partition; without it a partition is read from its first record. Throws when the broker stops giving.
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  from: ReadonlyMap<number, bigint> = new Map(),
): Promise<readonly ConsumedRecord[]> {
  const bounds = (await kafka.admin.offsets(topic)).map(({ partition, first, next }) => {
    const wanted = from.get(partition);
    return { partition, start: wanted === undefined || wanted < first ? first : wanted, next };
  });
  const left = new Set(bounds.filter(({ start, next }) => start < next).map(({ partition }) => partition));
  const records: ConsumedRecord[] = [];
  if (left.size === 0) {
    return records;
  }
  const done = Promise.withResolvers<void>();
  const ends = new Map(bounds.map(({ partition, next }) => [partition, next]));
  const groupId = `read-topic.${randomUUID()}`;
  let alarm = setTimeout(() => done.reject(new Error(`${topic} could not be read`)), quietMs);
  const consumer = kafka.consume({
    groupId,
    topics: [topic],
    maxRecords: 2_000,
    onAssigned: async (partitions) =>
      partitions.map(({ partition }) => ({
        topic,
        partition,
        offset: bounds.find((bound) => bound.partition === partition)?.start ?? 0n,
      })),
    async onBatch({ partition, records: batch }) {
      const end = ends.get(partition) ?? 0n;
      records.push(...batch.filter((record) => record.offset < end));
      clearTimeout(alarm);
      alarm = setTimeout(() => done.reject(new Error(`${topic} stopped being readable`)), quietMs);
      if ((batch.at(-1)?.offset ?? -1n) + 1n >= end) {
        left.delete(partition);
      }
      if (left.size === 0) {
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
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

const quietMs = 30_000;
