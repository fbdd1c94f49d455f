import type { ClickHouseClient } from '@clickhouse/client';
import { type Access, connectClickHouse, createDatabase } from './adapters/clickhouse.ts';
import { migrate } from './clickhouse/migrate.ts';
import { declareQueues, type Queues } from './clickhouse/queues.ts';

/** Brings ClickHouse's tables up to date and makes it read Kafka. Safe to repeat; resolves to a client of the tables' owner. */
export async function openStore(owner: Access, queues: Omit<Queues, 'database'>): Promise<ClickHouseClient> {
  await createDatabase(owner);
  const writer = connectClickHouse(owner);
  await migrate(writer);
  await declareQueues(writer, { ...queues, database: owner.database });
  return writer;
}
