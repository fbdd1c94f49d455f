import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { connectKafka, type KafkaClient } from '#platform/kafka/connect.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { stackCoordinates } from './stack.ts';

/** The running stack's broker, and topics and groups of one's own on it. */
export type TestKafka = {
  readonly kafka: Kafka;
  /** Creates a topic of its own and its dead-letter topic, and returns its name. */
  topic(partitions?: number): Promise<string>;
  /** A name for a consumer group of one's own. */
  group(): string;
  /** Disconnects, and deletes the topics and groups that were made. */
  close(): Promise<void>;
};

/** Connects to the running stack's broker, by default with the client that services use. */
export async function testKafka(client: KafkaClient = 'kafkajs'): Promise<TestKafka> {
  const options = {
    brokers: [stackCoordinates().kafka.brokers].flat().flatMap((list) => list.split(',')),
    clientId: 'test',
    log: pino({ level: process.env.LOG_LEVEL ?? 'fatal' }),
  };
  const kafka = await connectKafka({ ...options, client });
  const topics: string[] = [];
  const groups: string[] = [];
  return {
    kafka,
    async topic(partitions = 3) {
      const name = `test.${randomBytes(6).toString('hex')}.v1`;
      const made = [name, `${name}.dlq`];
      await kafka.admin.createTopics(made.map((topic) => ({ name: topic, partitions })));
      topics.push(...made);
      return name;
    },
    group() {
      const name = `test.group.${randomBytes(6).toString('hex')}`;
      groups.push(name);
      return name;
    },
    async close() {
      await kafka.close();
      const cleaner = await connectKafka({ ...options, client: 'kafkajs' });
      await cleaner.admin.deleteTopics(topics);
      // A group exists on the broker only if somebody joined it.
      await Promise.all(groups.map((group) => cleaner.admin.deleteGroups([group]).catch(() => undefined)));
      await cleaner.close();
    },
  };
}
