import pg from 'pg';
import type { Databases } from '../world/databases.ts';
import type { Shop } from './sound-shop.ts';

/**
 * The running stack's databases with every table hidden behind a temporary one of the same columns, without their
 * constraints: so that the checks' own SQL meets the real schema and the rows of a test. Nothing of the stack changes.
 */
export type SeededPostgres = {
  /** The shop's databases. Filled when they are first asked for. */
  of(shop: Shop): Databases;
  close(): Promise<void>;
};

const bigintType = 20;

/** Opens the databases of these services on the Postgres that `adminUrl` names. */
export function seedPostgres(adminUrl: string): SeededPostgres {
  const clients = new Map<string, Promise<pg.Client>>();
  const open = (service: string) => {
    const client = clients.get(service) ?? connect(adminUrl, service);
    clients.set(service, client);
    return client;
  };
  return {
    of(shop) {
      const filled = new Map<string, Promise<pg.Client>>();
      let turn: Promise<unknown> = Promise.resolve();
      return {
        services: Object.keys(shop.databases),
        async rows<R extends object>(service: string, sql: string, values: readonly unknown[] = []) {
          const client = filled.get(service) ?? open(service).then((each) => fill(each, service, shop));
          filled.set(service, client);
          const result = turn.then(async () => (await client).query(sql, [...values]));
          turn = result.catch(() => undefined);
          return (await result).rows as R[];
        },
        freeze: async () => undefined,
        close: async () => undefined,
      };
    },
    async close() {
      await Promise.all(Array.from(clients.values(), async (client) => (await client).end()));
    },
  };
}

async function connect(adminUrl: string, service: string): Promise<pg.Client> {
  const url = new URL(adminUrl);
  url.pathname = `/${service}`;
  const client = new pg.Client({
    connectionString: url.href,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === bigintType ? BigInt : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of rows) {
    await client.query(`create temp table "${name}" as table public."${name}" with no data`);
  }
  return client;
}

async function fill(client: pg.Client, service: string, shop: Shop): Promise<pg.Client> {
  // The last test's rows, grants and columns go with the transaction that they were made in.
  await client.query('rollback; begin');
  for (const [table, rows] of Object.entries(shop.databases[service] ?? {})) {
    await client.query(
      `insert into pg_temp."${table}" select * from jsonb_populate_recordset(null::pg_temp."${table}", $1)`,
      [JSON.stringify(rows)],
    );
  }
  for (const { at, sql } of shop.statements) {
    if (at === service) {
      await client.query(sql);
    }
  }
  return client;
}
