import { join } from 'node:path';
import kafkajs, { type Admin } from 'kafkajs';
import { quietKafkajs } from '#platform/kafka/kafkajs-quiet.ts';
import { run } from '../../install/run.ts';
import type { DeclaredTopic } from '../../topics.ts';

/** Creates the contracts' topics that the broker lacks, and configures those that it has. Safe to repeat. */
export async function declareTopics(broker: string, root: string): Promise<void> {
  quietKafkajs();
  const client = new kafkajs.Kafka({
    brokers: [broker],
    clientId: 'shopverse.local',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = client.admin({ retry: { retries: 2 } });
  await admin.connect();
  try {
    const declared = await readDeclared(root);
    const missing = lacking(declared, await admin.listTopics());
    await configure(
      admin,
      declared.filter((topic) => !missing.includes(topic)),
    );
    if (missing.length === 0) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: 1,
        configEntries: configOf(topic),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

type ConfigEntry = { readonly name: string; readonly value: string };

function configOf({ retentionMs, maxBytes }: DeclaredTopic): ConfigEntry[] {
  const retention = { name: 'retention.ms', value: String(retentionMs) };
  return maxBytes === undefined
    ? [retention]
    : [retention, { name: 'max.message.bytes', value: String(maxBytes) }];
}

/** Gives topics that an earlier version of the contracts declared their configuration of today. */
async function configure(admin: Admin, topics: readonly DeclaredTopic[]): Promise<void> {
  if (topics.length === 0) return;
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({ type, name })),
  });
  const present = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  const outdated = topics.filter((topic) =>
    configOf(topic).some(({ name, value }) => present.get(topic.name)?.get(name) !== value),
  );
  if (outdated.length === 0) return;
  await admin.alterConfigs({
    validateOnly: false,
    resources: outdated.map((topic) => ({ type, name: topic.name, configEntries: configOf(topic) })),
  });
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
