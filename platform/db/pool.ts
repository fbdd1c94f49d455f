import pg from 'pg';
import type { Logger } from '#platform/log/logger.ts';
import { prepareFrequent } from './prepared.ts';

const { Pool, TypeOverrides } = pg;

/**
 * What every connection of a service has, pooled or not. Times in milliseconds. Prepared statements keep one plan: left
 * to itself Postgres plans those that are given arrays anew each time, which costs as much as to run them. So what a
 * partial index is for must stand in a statement as it is, not as a value.
 */
export const connectionSettings = {
  options: '-c plan_cache_mode=force_generic_plan',
  keepAlive: true,
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  idle_in_transaction_session_timeout: 30_000,
} as const;

/**
 * A pool of at most `size` connections. int8 and xid8 come as bigint, numeric as string, timestamptz as Date, bytea
 * as Buffer. A connection that breaks while idle is logged and replaced.
 */
export function createPool(options: { url: string; service: string; size: number; log: Logger }): pg.Pool {
  const pool = new Pool({
    ...connectionSettings,
    connectionString: options.url,
    application_name: options.service,
    max: options.size,
    // A new connection is a new process of Postgres: not one to make again after each quiet moment.
    idleTimeoutMillis: 300_000,
    types: exactTypes(),
  });
  // Without listeners a connection that breaks would end the process: the pool's hears of those that lie idle, the
  // connection's own of those that are lent out. Whoever has borrowed it is told by its next statement.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log.debug({ err: error }, 'a database connection broke'));
    prepareFrequent(client);
  });
  return pool;
}

/** Parsers that lose nothing: 64-bit integers become bigint, single and in arrays. */
export function exactTypes(): InstanceType<typeof TypeOverrides> {
  const types = new TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, BigInt);
  types.setTypeParser(5069 /* xid8 */, BigInt);
  types.setTypeParser(1016 /* int8[] */, (text: string) =>
    text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((item) => (item === 'NULL' ? null : BigInt(item))),
  );
  return types;
}
