import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { AnalyticsRecordSchema } from '#gen/shopverse/analytics/v1/analytics_events_pb.ts';
import { statementsOf } from './migrate.ts';
import { protoName, protoText } from './proto-text.ts';

/** What ClickHouse is to read from Kafka. */
export type Queues = {
  /** The client's database. */
  readonly database: string;
  /** host:port, separated by commas. */
  readonly brokers: string;
  /** What the names of the consumer groups begin with. */
  readonly group: string;
  /** The domains' topics, for the archive. */
  readonly topics: readonly string[];
  /** The stream jobs' topic. */
  readonly derived: string;
};

/** The tables that read Kafka, each with a view that pours it out. */
export const QUEUES = ['events_queue', 'derived_queue'] as const;
const TABLES = [...QUEUES.map((queue) => `${queue}_to_stream`), ...QUEUES];
const NAME = 'queues';

/**
 * Makes ClickHouse read these topics and the derived one, anew when the topics, the contract or the queues' definition
 * changed since. No record is skipped: a queue's place is kept in Kafka under its group.
 */
export async function declareQueues(writer: ClickHouseClient, queues: Queues): Promise<void> {
  const schema = protoText(AnalyticsRecordSchema);
  const sql = fill(readFileSync(join(import.meta.dirname, 'queues.sql'), 'utf8'), {
    database: queues.database,
    brokers: queues.brokers,
    group: queues.group,
    topics: [...queues.topics].sort().join(','),
    derived: queues.derived,
    schema: hashOf(schema),
    message: protoName(AnalyticsRecordSchema),
  });
  const hash = hashOf(sql);
  if ((await declaredHash(writer)) === hash) return;
  const values = [{ hash: hashOf(schema), text: schema }];
  await writer.insert({ table: 'schemas', values, format: 'JSONEachRow' });
  for (const table of TABLES) {
    await writer.command({ query: `DROP TABLE IF EXISTS ${table} SYNC` });
  }
  for (const statement of statementsOf(sql)) {
    await writer.command({ query: statement });
  }
  const declared = [{ name: NAME, hash }];
  await writer.insert({ table: 'migrations', values: declared, format: 'JSONEachRow' });
}

async function declaredHash(writer: ClickHouseClient): Promise<string | undefined> {
  const result = await writer.query({
    query: 'SELECT hash FROM migrations FINAL WHERE name = {name: String}',
    query_params: { name: NAME },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ hash: string }>();
  return row?.hash;
}

/** A table's settings can't be bound parameters, so what goes into them must be harmless by its form. */
function fill(sql: string, values: Readonly<Record<string, string>>): string {
  return sql.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || !/^[\w.,:[\]-]+$/.test(value)) {
      throw new Error(`"${value}" can't be the ${name} of a queue`);
    }
    return value;
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
