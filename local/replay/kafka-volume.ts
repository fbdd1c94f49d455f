import kafkajs from 'kafkajs';
import { quietKafkajs } from '#platform/kafka/kafkajs-quiet.ts';
import type { Stack } from '../stack.ts';

/** How many records Kafka holds in all of the platform's topics; to be closed. */
export type KafkaVolume = {
  records(): Promise<number>;
  byTopic(): Promise<Map<string, number>>;
  close(): Promise<void>;
};

/** Connects to a stack's Kafka to count records, by the topics' end offsets. */
export async function openKafkaVolume(stack: Stack): Promise<KafkaVolume> {
  quietKafkajs();
  const admin = new kafkajs.Kafka({
    clientId: 'shopverse-replay',
    brokers: [`127.0.0.1:${stack.ports.kafka}`],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('shopverse.'));
  const volumeOf = async (topic: string) =>
    (await admin.fetchTopicOffsets(topic)).reduce((sum, { offset }) => sum + Number(offset), 0);
  const byTopic = async () =>
    new Map(await Promise.all(topics.map(async (topic) => [topic, await volumeOf(topic)] as const)));
  return {
    byTopic,
    records: async () => [...(await byTopic()).values()].reduce((sum, volume) => sum + volume, 0),
    close: () => admin.disconnect(),
  };
}
