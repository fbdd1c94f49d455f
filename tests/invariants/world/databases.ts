import pg from 'pg';
import { byGroup, type GroupedSet, type Mark } from './sets.ts';

/** Every service's database, read from outside. */
export type Databases = {
  /** The services whose database has the kernel's tables. */
  readonly services: readonly string[];
  /** The rows of a query of one service's database; bigints as bigint. */
  rows<R extends object>(service: string, sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** From here on each database is seen as it is now. */
  freeze(): Promise<void>;
  close(): Promise<void>;
};

const int8 = 20;

/** Connects to every database in turn as an administrator that may only read. */
export async function openDatabases(adminUrl: string): Promise<Databases> {
  const admin = await connect(adminUrl);
  const { rows: found } = await admin.query<{ name: string }>(
    `select datname as name from pg_database
     where not datistemplate and datname <> 'postgres' and datname not like 'test\\_%'`,
  );
  await admin.end();
  const clients = new Map<string, pg.Client>();
  const turns = new Map<string, Promise<unknown>>();
  for (const { name } of found) {
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    const client = await connect(url.href);
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('public.outbox') is not null as there",
    );
    if (rows[0]?.there) {
      clients.set(name, client);
    } else {
      await client.end();
    }
  }
  return {
    services: [...clients.keys()].sort(),
    async rows<R extends object>(service: string, sql: string, values: readonly unknown[] = []) {
      const client = clients.get(service);
      if (client === undefined) {
        throw new Error(`The service ${service} has no database with the kernel's tables yet`);
      }
      // One statement at a time, as a connection can do no other.
      const before = turns.get(service) ?? Promise.resolve();
      const result = before.then(() => client.query(sql, [...values]));
      turns.set(
        service,
        result.catch(() => undefined),
      );
      return (await result).rows as R[];
    },
    async freeze() {
      const begin = 'begin isolation level repeatable read, read only';
      // The snapshot is taken by the first query after it.
      await Promise.all(Array.from(clients.values(), (client) => client.query(`${begin}; select 1`)));
    },
    async close() {
      await Promise.all(Array.from(clients.values(), (client) => client.end()));
    },
  };
}

/** A set that a query of a service's database gives as the texts `grouping` and `member`. */
export function sqlSet(
  databases: Pick<Databases, 'rows'>,
  service: string,
  sql: string,
  values: readonly unknown[] = [],
): GroupedSet {
  return {
    async marks() {
      type Row = { grouping: string; size: bigint; mark: bigint };
      const rows = await databases.rows<Row>(
        service,
        `select grouping, count(*) as size,
           bit_xor(('x' || left(md5(member), 16))::bit(64)::bigint) as mark
         from (${sql}) as listed group by grouping`,
        values,
      );
      return new Map(
        rows.map(({ grouping, size, mark }): [string, Mark] => [
          grouping,
          { size: Number(size), mark: BigInt.asUintN(64, mark) },
        ]),
      );
    },
    // All at once: each time the whole set is made.
    async members(groups) {
      const rows = await databases.rows<{ grouping: string; member: string }>(
        service,
        `select grouping, member from (${sql}) as listed where grouping = any($${values.length + 1}::text[])`,
        [...values, groups],
      );
      return byGroup(rows);
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'shopverse-check',
    options: '-c default_transaction_read_only=on -c statement_timeout=300000',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? BigInt : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  await client.connect();
  return client;
}
