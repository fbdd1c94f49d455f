import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { quietKafkajs } from '#platform/kafka/kafkajs-quiet.ts';
import { run } from '../../install/run.ts';
import type { DeclaredTopic } from '../../topics.ts';

/** Creates the contracts' topics that the broker lacks. Safe to repeat. */
export async function declareTopics(broker: string, root: string): Promise<void> {
  quietKafkajs();
  const client = new Kafka({ brokers: [broker], clientId: 'shopverse.local', logLevel: logLevel.NOTHING });
  const admin = client.admin({ retry: { retries: 2 } });
  await admin.connect();
  try {
    const missing = lacking(await readDeclared(root), await admin.listTopics());
    if (missing.length === 0) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: 1,
        configEntries: [{ name: 'retention.ms', value: String(topic.retentionMs) }],
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/** Read by a process of its own: this one would go on with the contracts as they were when it started. */
async function readDeclared(root: string): Promise<DeclaredTopic[]> {
  return JSON.parse(await run(process.execPath, [join(root, 'local/topics.ts')]));
}

/**
 * The declared topics that are not present. One that is there with fewer partitions than declared stays as it is: another
 * number of partitions sends a key elsewhere, and the order of its facts would be lost.
 */
export function lacking(declared: readonly DeclaredTopic[], present: readonly string[]): DeclaredTopic[] {
  return declared.filter((topic) => !present.includes(topic.name));
}
