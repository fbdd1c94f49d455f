import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from '#platform/log/logger.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import type { Database, KernelTables, MigrationSet } from './database.ts';
import { kernelMigrations } from './kernel-migrations.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { statementTelemetry } from './statement-telemetry.ts';
import { runTransaction } from './transaction.ts';

const reservedConnections = 3;

/** Connects a service to its database, after applying the kernel's migrations and then the service's. */
export async function connectDatabase<T>(options: {
  readonly url: string;
  readonly service: string;
  readonly migrations: MigrationSet;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** The most connections at once; 10 by default. */
  readonly poolSize?: number;
}): Promise<Database<T>> {
  await migrate(options.url, [
    { name: 'kernel', migrations: kernelMigrations },
    { name: options.service, migrations: options.migrations },
  ]);
  const open = (size: number) =>
    new Kysely<T & KernelTables>({
      dialect: new PostgresDialect({ pool: createPool({ ...options, size }) }),
      log: statementTelemetry(options.service),
    });
  const db = open(options.poolSize ?? 10);
  const reserved = open(reservedConnections);
  const listeners = new Set<() => void>();
  return {
    db,
    service: options.service,
    url: options.url,
    async transaction(work, how) {
      const connections = how?.reserved === true ? reserved : db;
      const { result, appended } = await runTransaction(connections, options, work, how?.attempts);
      if (appended > 0) {
        for (const listener of listeners) {
          listener();
        }
      }
      return result;
    },
    onAppended(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await Promise.all([db.destroy(), reserved.destroy()]);
    },
  };
}
