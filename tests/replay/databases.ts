import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';

/** A service's database, with an administrator's right. */
export type ServiceDatabase = {
  rows<R extends object>(statement: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
};

/** Connects to the running stack's database of this service. */
export async function openDatabase(service: string): Promise<ServiceDatabase> {
  const url = new URL(stackCoordinates().postgres.adminUrl);
  url.pathname = `/${service}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return {
    rows: async (statement, values = []) => (await client.query(statement, [...values])).rows,
    close: () => client.end(),
  };
}

/** Tables whose rows come and go without anything having happened: places, leases, what is cleaned by age. */
const RESTLESS = ['consumer_offset', 'lease', 'outbox_cursor', 'idempotency'];

/** By table, how many rows it has and a hash of them all; in any order of theirs. Of these tables, or of all. */
export async function stateHash(
  database: ServiceDatabase,
  only?: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const tables = await database.rows<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and not tablename = any($1) and ($2::text[] is null or tablename = any($2)) order by 1`,
    [RESTLESS, only ?? null],
  );
  const hashes: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await database.rows<{ hash: string }>(
      `select count(*) || ' rows ' || coalesce(bit_xor(('x' || left(md5(each::text), 16))::bit(64)::bigint), 0) as hash
       from ${name} as each`,
    );
    hashes[name] = row?.hash ?? '';
  }
  return hashes;
}
