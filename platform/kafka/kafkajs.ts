import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type IHeaders, type Producer as KafkajsProducer, type Message } from 'kafkajs';
import type { Logger } from '#platform/log/logger.ts';
import type { Kafka, KafkaAdmin, ProducedRecord, Producer } from './kafka.ts';
import { joinWithKafkajs, patience } from './kafkajs-consumer.ts';
import { encodeForKafkajs } from './kafkajs-encoding.ts';
import { quietKafkajs } from './kafkajs-quiet.ts';
import { murmur2 } from './murmur2.ts';

const LEADER_ATTEMPTS = 50;
const LEADER_PAUSE_MS = 200;

/** Where the brokers are, and as whom to connect. */
export type KafkaOptions = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Logger;
};

/** The port over kafkajs. Connects with its first use. */
export function connectKafkajs(options: KafkaOptions): Kafka {
  quietKafkajs();
  encodeForKafkajs();
  const settings: kafkajs.KafkaConfig = {
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => {
      // It warns of each producer whose retries end. They must: the relay then takes another producer.
      if (!entry.log.message.startsWith('Limiting retries')) {
        // kafkajs calls errors what it then retries: for this process they are warnings.
        options.log.warn({ kafka: entry.namespace, detail: entry.log.error }, entry.log.message);
      }
    },
  };
  const client = new kafkajs.Kafka(settings);
  const members = new kafkajs.Kafka({ ...settings, retry: patience });
  const open = new Set<{ close(): Promise<void> }>();
  const admin = lazyAdmin(client);
  const keep = <R extends { close(): Promise<void> }>(resource: R): R => {
    open.add(resource);
    return resource;
  };
  return {
    producer: async () => keep(await openProducer(client)),
    consume: (consumption) => keep(joinWithKafkajs(members, consumption, options.log)),
    admin: admin.admin,
    async close() {
      await Promise.all([...open].map((resource) => resource.close()));
      await admin.close();
    },
  };
}

async function openProducer(client: kafkajs.Kafka): Promise<Producer> {
  const producer: KafkajsProducer = client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
  });
  await producer.connect();
  let closing: Promise<void> | undefined;
  return {
    async send(records) {
      const byTopic = new Map<string, Message[]>();
      for (const record of records) {
        const messages = byTopic.get(record.topic) ?? [];
        byTopic.set(record.topic, messages);
        messages.push(toMessage(record));
      }
      await producer.sendBatch({
        acks: -1,
        topicMessages: Array.from(byTopic, ([topic, messages]) => ({ topic, messages })),
      });
    },
    close() {
      closing ??= producer.disconnect();
      return closing;
    },
  };
}

/** kafkajs's own, but for the hash of a key, which it counts in 64-bit numbers made of objects. */
function createPartitioner(): (told: kafkajs.PartitionerArgs) => number {
  const partition = kafkajs.Partitioners.DefaultPartitioner();
  return (told) =>
    Buffer.isBuffer(told.message.key)
      ? murmur2(told.message.key) % told.partitionMetadata.length
      : partition(told);
}

/** `encodeForKafkajs` lets headers be the port's own. */
function toMessage({ key, value, headers }: ProducedRecord): Message {
  return { key, value, headers: headers as unknown as IHeaders };
}

/** kafkajs's own waiting takes a broker that hasn't heard of the topic yet for a failure. */
async function leadersKnown(admin: kafkajs.Admin, topics: string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics });
      if (metadata.topics.every((topic) => topic.partitions.every(({ leader }) => leader >= 0))) {
        // A broker may be told of as the leader before it has heard of that itself.
        for (const topic of topics) await admin.fetchTopicOffsets(topic);
        return;
      }
      if (attempt === LEADER_ATTEMPTS) throw new Error(`${topics.join(', ')} got no leaders`);
    } catch (error) {
      if (attempt === LEADER_ATTEMPTS || !(error as { retriable?: boolean }).retriable) throw error;
    }
    await sleep(LEADER_PAUSE_MS);
  }
}

function lazyAdmin(client: kafkajs.Kafka): { admin: KafkaAdmin; close(): Promise<void> } {
  const native = client.admin();
  let connected: Promise<void> | undefined;
  const use = async <R>(work: () => Promise<R>): Promise<R> => {
    connected ??= native.connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    await connected;
    return work();
  };
  return {
    admin: {
      createTopics: (topics) =>
        use(async () => {
          await native.createTopics({
            waitForLeaders: false,
            topics: topics.map((topic) => ({
              topic: topic.name,
              numPartitions: topic.partitions,
              configEntries: Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value })),
            })),
          });
          await leadersKnown(
            native,
            topics.map(({ name }) => name),
          );
        }),
      deleteTopics: (names) => use(() => native.deleteTopics({ topics: [...names] })),
      topics: () => use(() => native.listTopics()),
      offsets: (topic) =>
        use(async () => {
          const partitions = await native.fetchTopicOffsets(topic);
          return partitions
            .map(({ partition, low, high }) => ({ partition, first: BigInt(low), next: BigInt(high) }))
            .sort((a, b) => a.partition - b.partition);
        }),
      committed: (groupId, topic) =>
        use(async () => {
          const [fetched] = await native.fetchOffsets({ groupId, topics: [topic] });
          return (fetched?.partitions ?? [])
            .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))
            .filter(({ offset }) => offset >= 0n);
        }),
      deleteGroups: (groupIds) =>
        use(async () => {
          await native.deleteGroups([...groupIds]);
        }),
    },
    async close() {
      if (connected !== undefined) {
        await native.disconnect();
      }
    },
  };
}
