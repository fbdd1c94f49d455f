import { createClient } from '@clickhouse/client';
import { byGroup, type GroupedSet, type Mark } from './sets.ts';

/** ClickHouse's tables of analytics, read from outside. */
export type ClickHouse = {
  /** The rows of a query, 64-bit integers as text. */
  rows<R extends object>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<R[]>;
  /** Whether the tables were made. */
  hasTables(): Promise<boolean>;
  close(): Promise<void>;
};

/** Who reads ClickHouse, and which database. */
export type ClickHouseAccess = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

/** Connects as a user that may only read. */
export function openClickHouse({ url, user, password, database }: ClickHouseAccess): ClickHouse {
  const client = createClient({
    url,
    username: user,
    password,
    database,
    application: 'shopverse-check',
    request_timeout: 60_000,
  });
  async function rows<R extends object>(sql: string, parameters: Readonly<Record<string, unknown>> = {}) {
    const result = await client.query({ query: sql, query_params: { ...parameters }, format: 'JSONEachRow' });
    return await result.json<R>();
  }
  return {
    rows,
    async hasTables() {
      const [found] = await rows<{ count: string }>(
        'SELECT toString(count()) AS count FROM system.tables WHERE database = {database: String}',
        { database },
      );
      return Number(found?.count ?? 0) > 0;
    },
    close: () => client.close(),
  };
}

/** A set that a query gives as the texts `grouping` and `member`. */
export function clickhouseSet(clickhouse: Pick<ClickHouse, 'rows'>, sql: string): GroupedSet {
  return {
    async marks() {
      type Row = { grouping: string; size: string; mark: string };
      const rows = await clickhouse.rows<Row>(
        `SELECT grouping, toString(count()) AS size,
           toString(groupBitXor(reinterpretAsUInt64(reverse(substring(MD5(member), 1, 8))))) AS mark
         FROM (${sql}) GROUP BY grouping`,
      );
      return new Map(
        rows.map(({ grouping, size, mark }): [string, Mark] => [
          grouping,
          { size: Number(size), mark: BigInt(mark) },
        ]),
      );
    },
    async members(groups) {
      const rows = await clickhouse.rows<{ grouping: string; member: string }>(
        `SELECT grouping, member FROM (${sql}) WHERE grouping IN {groups: Array(String)}`,
        { groups },
      );
      return byGroup(rows);
    },
  };
}
