import { randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { ProducedRecord } from '#platform/kafka/kafka.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { testKafka } from '#platform/testing/test-kafka.ts';
import { type Access, connectClickHouse } from '../adapters/clickhouse.ts';
import { openStore } from '../store.ts';
import type { HistoryTopics } from './history.ts';
import { startTestJob, type TestJob } from './stream-job.ts';

/** The whole path from topics to tables, beside the stack's own: topics, a job and a database of its own. */
export type Stand = {
  readonly topics: HistoryTopics;
  readonly job: TestJob;
  /** The tables' owner. */
  readonly store: ClickHouseClient;
  /** A client that may only read. */
  readonly reader: ClickHouseClient;
  /** Every record that was sent, in order. */
  readonly sent: readonly ProducedRecord[];
  send(records: readonly ProducedRecord[]): Promise<void>;
  rows<R extends object = Record<string, string>>(
    query: string,
    parameters?: Readonly<Record<string, unknown>>,
  ): Promise<R[]>;
  /** Takes all of it down. */
  close(): Promise<void>;
};

type User = { readonly user: string; readonly password: string };

/** Puts the stand up in the running stack. */
export async function openStand(): Promise<Stand> {
  const { clickhouse, kafka: broker } = stackCoordinates() as unknown as {
    clickhouse: { httpUrl: string; reader: User } & User;
    kafka: { brokers: string | string[] };
  };
  const database = `test_${randomBytes(6).toString('hex')}`;
  const access = ({ user, password }: User): Access => ({
    url: clickhouse.httpUrl,
    user,
    password,
    database,
  });
  const brokers = [broker.brokers].flat().join(',');
  const kafka = await testKafka();
  const topics = {
    order: await kafka.topic(),
    payment: await kafka.topic(),
    behaviour: await kafka.topic(),
  };
  const derived = await kafka.topic();
  const store = await openStore(access(clickhouse), {
    brokers,
    group: database,
    topics: Object.values(topics),
    derived,
  });
  const reader = connectClickHouse(access(clickhouse.reader));
  const sources = Object.values(topics).join(',');
  const job = await startTestJob([
    ...['--brokers', brokers, '--group', kafka.group()],
    ...['--sources', sources, '--target', derived],
  ]);
  const producer = await kafka.kafka.producer();
  const sent: ProducedRecord[] = [];
  return {
    ...{ topics, job, store, reader, sent },
    async send(records) {
      for (let i = 0; i < records.length; i += 500) {
        await producer.send(records.slice(i, i + 500));
      }
      sent.push(...records);
    },
    async rows<R extends object>(query: string, parameters: Readonly<Record<string, unknown>> = {}) {
      const result = await store.query({ query, query_params: { ...parameters }, format: 'JSONEachRow' });
      return await result.json<R>();
    },
    async close() {
      await job.cancel();
      await store.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await Promise.all([store.close(), reader.close(), producer.close()]);
      await kafka.close();
    },
  };
}
