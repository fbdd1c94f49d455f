import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from '#platform/log/logger.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import type { Database, MigrationSet } from './database.ts';
import { databaseOver } from './database-over.ts';
import { kernelMigrations } from './kernel-migrations.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { statementTelemetry } from './statement-telemetry.ts';

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
  return databaseOver<T>({
    source: options,
    url: options.url,
    poolSize: options.poolSize,
    open: (size) =>
      new Kysely<T>({
        dialect: new PostgresDialect({ pool: createPool({ ...options, size }) }),
        log: statementTelemetry(options.service),
      }),
  });
}
