import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { connectKafka } from '#platform/kafka/connect.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { readIfThere } from '../../../local/files.ts';
import type { Entry } from '../../../local/replay/journal.ts';
import { loadContracts } from '../../../proto/contracts.ts';
import { type Checkouts, readCheckouts } from './checkouts.ts';
import { type ClickHouse, openClickHouse } from './clickhouse.ts';
import { type Databases, openDatabases } from './databases.ts';
import { type ProviderEntry, readProvider } from './provider.ts';
import { type KafkaSeen, seeTopics } from './topics.ts';

/** A running stack, read from outside. What is dear to read is read once, when it is first asked for. */
export type World = {
  readonly databases: Databases;
  readonly clickhouse: ClickHouse;
  readonly kafka: Kafka;
  /** The folder of the parts' logs. */
  readonly logs: string;
  readonly topics: () => Promise<KafkaSeen>;
  readonly checkouts: () => Promise<Checkouts>;
  /** The payment provider's own journal. */
  readonly provider: () => Promise<readonly ProviderEntry[]>;
  /** The e-mail addresses of all users, in lower case. */
  readonly emails: () => Promise<ReadonlySet<string>>;
  /** What the replaying clients know of their orders. */
  readonly replay: () => Promise<readonly Entry[]>;
  close(): Promise<void>;
};

type Coordinates = {
  readonly postgres: { readonly adminUrl: string };
  readonly kafka: { readonly brokers: string };
  readonly clickhouse: {
    readonly httpUrl: string;
    readonly reader: { readonly user: string; readonly password: string };
  };
  readonly paymentProvider: { readonly url: string };
};

/** Connects to the stack whose state lies in this folder. Throws when it isn't running. */
export async function openWorld(state: string): Promise<World> {
  const { postgres, kafka: broker, clickhouse: house, paymentProvider } = coordinates(state);
  const databases = await openDatabases(postgres.adminUrl);
  const kafka = await connectKafka({
    client: 'kafkajs',
    brokers: broker.brokers.split(','),
    clientId: 'shopverse-check',
    log: pino({ level: process.env.LOG_LEVEL ?? 'fatal' }),
  });
  const clickhouse = openClickHouse({ url: house.httpUrl, database: 'analytics', ...house.reader });
  const emails = once(async () => {
    const rows = await databases.rows<{ email: string }>('user', 'select lower(email) as email from account');
    return new Set(rows.map(({ email }) => email));
  });
  return {
    databases,
    clickhouse,
    kafka,
    logs: join(state, 'logs'),
    emails,
    topics: once(async () => seeTopics(kafka, await emails(), createRegistry(...(await loadContracts())))),
    checkouts: once(() => readCheckouts(databases)),
    provider: once(() => readProvider(paymentProvider.url)),
    replay: once(async () => readReplay(state)),
    async close() {
      await Promise.all([databases.close(), kafka.close(), clickhouse.close()]);
    },
  };
}

function coordinates(state: string): Coordinates {
  const path = join(state, 'stack.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`There is no stack at ${state}; ./shopverse up starts one.`, { cause: error });
  }
}

function readReplay(state: string): Entry[] {
  const text = readIfThere(join(state, 'replay', 'journal.jsonl')) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function once<R>(read: () => Promise<R>): () => Promise<R> {
  let result: Promise<R> | undefined;
  return () => {
    result ??= read();
    return result;
  };
}
