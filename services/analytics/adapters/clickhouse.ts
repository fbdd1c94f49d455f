import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { unavailable } from '#platform/errors/refusal.ts';
import type { Ask } from '../ports.ts';

/** Who connects to ClickHouse, and to which database of it. */
export type Access = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

const REQUEST_MS = 15_000;
/** Server codes for what passes: too many queries, too little memory, a query that took too long. */
const PASSING = new Set(['159', '202', '241', '394']);

/** A client that keeps its connections. 64-bit integers come as strings. */
export function connectClickHouse({ url, user, password, database }: Access): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    database,
    application: 'shopverse.analytics',
    request_timeout: REQUEST_MS,
    max_open_connections: 10,
    // It would write its own lines between ours; what fails is thrown.
    log: { level: ClickHouseLogLevel.OFF },
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    clickhouse_settings: {
      cancel_http_readonly_queries_on_client_close: 1,
      output_format_json_quote_64bit_integers: 1,
    },
  });
}

/** Makes the database that is to be connected to, unless it is there. */
export async function createDatabase(access: Access): Promise<void> {
  const client = connectClickHouse({ ...access, database: 'default' });
  try {
    await client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {database: Identifier}',
      query_params: { database: access.database },
    });
  } finally {
    await client.close();
  }
}

/** Asks with this client, which should be one that may only read. */
export function asking(reader: ClickHouseClient): Ask {
  return async (question, signal) => {
    try {
      const result = await reader.query({
        query: question.sql,
        query_params: question.parameters,
        format: 'JSONEachRow',
        abort_signal: signal,
      });
      return await result.json();
    } catch (error) {
      if (!signal.aborted && isAway(error)) throw unavailable();
      throw error;
    }
  };
}

function isAway(error: unknown): boolean {
  if (error instanceof ClickHouseError) return PASSING.has(error.code);
  return error instanceof Error && 'code' in error && /^(ECONN|EPIPE|ETIMEDOUT)/.test(String(error.code));
}
