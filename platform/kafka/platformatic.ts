import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, ListOffsetTimestamps, Producer as NativeProducer } from '@platformatic/kafka';
import type { Kafka, KafkaAdmin, Producer } from './kafka.ts';
import type { KafkaOptions } from './kafkajs.ts';
import { murmur2 } from './murmur2.ts';
import { joinWithPlatformatic } from './platformatic-consumer.ts';

const KNOWN_ATTEMPTS = 50;
const KNOWN_PAUSE_MS = 200;

/** The port over @platformatic/kafka. Connects with its first use. */
export function connectPlatformatic(options: KafkaOptions): Kafka {
  const base = {
    clientId: options.clientId,
    bootstrapBrokers: [...options.brokers],
    retries: 5,
    retryDelay: 250,
    connectTimeout: 3_000,
    requestTimeout: 15_000,
    autocreateTopics: false,
  };
  const open = new Set<{ close(): Promise<void> }>();
  const keep = <R extends { close(): Promise<void> }>(resource: R): R => {
    open.add(resource);
    return resource;
  };
  const admin = lazyAdmin(() => new Admin({ ...base }));
  return {
    producer: async () => keep(openProducer(base)),
    consume: (consumption) => keep(joinWithPlatformatic(base, consumption, options.log)),
    admin: admin.admin,
    async close() {
      await Promise.all([...open].map((resource) => resource.close()));
      await admin.close();
    },
  };
}

/** What every client of the library is made with. */
export type PlatformaticOptions = ConstructorParameters<typeof Admin>[0];

function openProducer(base: PlatformaticOptions): Producer {
  const producer = new NativeProducer({
    ...base,
    idempotent: true,
    acks: -1,
    // As Kafka's own clients and kafkajs do, so that a key stays in its partition whichever client writes.
    partitioner: (_message, key) => (key === undefined ? 0 : murmur2(key)),
  });
  let closing: Promise<void> | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  return {
    send(records) {
      const messages = records.map((record) => ({
        topic: record.topic,
        ...(record.key === null ? {} : { key: record.key }),
        ...(record.value === null ? {} : { value: record.value }),
        // Keyed by buffers, which differ even where they are equal: names may come twice. Null is written as null.
        headers: new Map(record.headers.map(([name, value]) => [Buffer.from(name), value as Buffer])),
      }));
      const sent = sending.then(async () => {
        await producer.send({ messages });
      });
      // Two requests in flight could be written in either order.
      sending = sent.catch(() => undefined);
      return sent;
    },
    close() {
      closing ??= producer.close();
      return closing;
    },
  };
}

function lazyAdmin(create: () => Admin): { admin: KafkaAdmin; close(): Promise<void> } {
  let native: Admin | undefined;
  const get = () => {
    native ??= create();
    return native;
  };
  const partitionsOf = async (topic: string): Promise<number[]> => {
    const metadata = await get().metadata({ topics: [topic], forceUpdate: true });
    return Array.from(
      { length: metadata.topics.get(topic)?.partitionsCount ?? 0 },
      (_, partition) => partition,
    );
  };
  const offsetsAt = async (topic: string, partitions: readonly number[], timestamp: bigint) => {
    const [listed] = await get().listOffsets({
      topics: [
        { name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })) },
      ],
    });
    return new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
  };
  /** Waits until the broker itself has heard of a topic that it has just made; whoever wrote to it before would fail. */
  const known = async (topic: string): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const partitions = await partitionsOf(topic);
        if (partitions.length > 0) {
          await offsetsAt(topic, partitions, ListOffsetTimestamps.EARLIEST);
          return;
        }
        if (attempt === KNOWN_ATTEMPTS) throw new Error(`${topic} got no partitions`);
      } catch (error) {
        if (attempt === KNOWN_ATTEMPTS) throw error;
      }
      await sleep(KNOWN_PAUSE_MS);
    }
  };
  return {
    admin: {
      async createTopics(topics) {
        const existing = new Set(await get().listTopics());
        for (const topic of topics.filter(({ name }) => !existing.has(name))) {
          await get().createTopics({
            topics: [topic.name],
            partitions: topic.partitions,
            configs: Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value })),
          });
          await known(topic.name);
        }
      },
      deleteTopics: (names) => get().deleteTopics({ topics: [...names] }),
      topics: () => get().listTopics(),
      async offsets(topic) {
        const partitions = await partitionsOf(topic);
        const first = await offsetsAt(topic, partitions, ListOffsetTimestamps.EARLIEST);
        const next = await offsetsAt(topic, partitions, ListOffsetTimestamps.LATEST);
        return partitions.map((partition) => ({
          partition,
          first: first.get(partition) ?? 0n,
          next: next.get(partition) ?? 0n,
        }));
      },
      async committed(groupId, topic) {
        const partitionIndexes = await partitionsOf(topic);
        const groups = await get().listConsumerGroupOffsets({
          groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }],
        });
        return groups
          .flatMap((group) => group.topics)
          .flatMap(({ partitions }) => partitions)
          .map(({ partitionIndex, committedOffset }) => ({
            topic,
            partition: partitionIndex,
            offset: committedOffset,
          }))
          .filter(({ offset }) => offset >= 0n);
      },
      deleteGroups: (groups) => get().deleteGroups({ groups: [...groups] }),
    },
    async close() {
      await native?.close();
    },
  };
}
