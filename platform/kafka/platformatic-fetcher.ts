import { type Consumer, ListOffsetTimestamps, type RecordsBatch } from '@platformatic/kafka';
import { keyOf } from './assignment.ts';
import type { ConsumedRecord, Header, TopicPartition } from './kafka.ts';

/** What a fetch brought of a partition: records from its position on, and the offset after all that was seen. */
export type FetchedPartition = TopicPartition & {
  readonly records: readonly ConsumedRecord[];
  readonly next: bigint;
  readonly highWatermark: bigint;
};

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

const controlBatch = 0x20;

/** Fetches partitions from positions that it keeps. */
export class PartitionFetcher {
  readonly #consumer: Consumer;
  readonly #positions: Map<string, bigint>;

  constructor(consumer: Consumer, positions: Map<string, bigint>) {
    this.#consumer = consumer;
    this.#positions = positions;
  }

  moveTo(partition: TopicPartition, next: bigint): void {
    this.#positions.set(keyOf(partition), next);
  }

  /**
   * Waits up to 250 ms for something new in the partitions. Returns those that have something.
   * Throws when a broker can't be read from; positions that it no longer keeps are moved to the first that it does.
   */
  async fetch(partitions: readonly TopicPartition[]): Promise<readonly FetchedPartition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const metadata = await this.#consumer.metadata({ topics });
    const names = new Map(topics.map((topic) => [metadata.topics.get(topic)?.id, topic]));
    const byLeader = Map.groupBy(
      partitions,
      ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
    );
    const responses = await Promise.all(
      Array.from(byLeader, ([node, led]) =>
        this.#consumer
          .fetch({
            node,
            maxWaitTime: 250,
            minBytes: 1,
            maxBytes: 8_388_608,
            topics: led.map((one) => ({
              topicId: metadata.topics.get(one.topic)?.id ?? '',
              partitions: [this.#request(one)],
            })),
          })
          .catch(async (error: unknown) => {
            if (await this.#recover(led)) {
              return undefined;
            }
            throw error;
          }),
      ),
    );
    const wanted = new Set(partitions.map(keyOf));
    return responses
      .flatMap((response) => (response === undefined ? [] : this.#read(response, names)))
      .filter((part) => wanted.has(keyOf(part)) && part.next > this.#position(part));
  }

  #request({ topic, partition }: TopicPartition) {
    return {
      partition,
      fetchOffset: this.#position({ topic, partition }),
      partitionMaxBytes: 1_048_576,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    };
  }

  #position(partition: TopicPartition): bigint {
    return this.#positions.get(keyOf(partition)) ?? 0n;
  }

  #read(response: FetchResponse, names: ReadonlyMap<string | undefined, string>): FetchedPartition[] {
    const parts: FetchedPartition[] = [];
    for (const { topicId, partitions } of response.responses) {
      const topic = names.get(topicId);
      for (const { partitionIndex: partition, records: batches, highWatermark } of partitions) {
        const last = batches?.at(-1);
        if (topic === undefined || batches === undefined || batches === null || last === undefined) {
          continue;
        }
        const from = this.#position({ topic, partition });
        const records = batches
          .filter((batch) => (batch.attributes & controlBatch) === 0)
          .flatMap((batch) => recordsOf(batch, topic, partition))
          // A batch is fetched whole, even where the position lies inside it.
          .filter((record) => record.offset >= from);
        const next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
        parts.push({ topic, partition, records, highWatermark, next });
      }
    }
    return parts;
  }

  /** Whether a position lay outside of what the broker keeps, and was moved inside. */
  async #recover(partitions: readonly TopicPartition[]): Promise<boolean> {
    let moved = false;
    for (const topic of new Set(partitions.map((one) => one.topic))) {
      const first = await this.#consumer.listOffsets({
        topics: [topic],
        timestamp: ListOffsetTimestamps.EARLIEST,
      });
      const next = await this.#consumer.listOffsets({
        topics: [topic],
        timestamp: ListOffsetTimestamps.LATEST,
      });
      for (const one of partitions.filter((candidate) => candidate.topic === topic)) {
        const low = first.get(topic)?.[one.partition] ?? 0n;
        const high = next.get(topic)?.[one.partition] ?? low;
        if (this.#position(one) < low || this.#position(one) > high) {
          this.moveTo(one, low);
          moved = true;
        }
      }
    }
    return moved;
  }
}

function recordsOf(batch: RecordsBatch, topic: string, partition: number): ConsumedRecord[] {
  return batch.records.map((record) => ({
    topic,
    partition,
    offset: batch.firstOffset + BigInt(record.offsetDelta),
    timestamp: new Date(Number(batch.firstTimestamp + record.timestampDelta)),
    key: record.key,
    value: record.value,
    headers: record.headers.map(([name, value]): Header => [name?.toString('utf8') ?? '', value]),
  }));
}
