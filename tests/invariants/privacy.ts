import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Invariant, judged } from './invariant.ts';
import type { ClickHouse } from './world/clickhouse.ts';
import type { Databases } from './world/databases.ts';
import { addressesIn } from './world/personal.ts';

/** What must never stand in clear outside of the user's own database. */
export const privacyInvariants: readonly Invariant[] = [
  {
    id: 'I-42',
    sentence:
      "no user's e-mail address in clear in Kafka, in another service's database, in ClickHouse, nor in the logs",
    when: 'always',
    async check({ topics, emails, logs, databases, clickhouse }) {
      const known = await emails();
      const kafka = await topics();
      const logged = await addressesInLogs(logs, known);
      const kept = await addressesInDatabases(databases, known);
      const archived = (await clickhouse.hasTables()) ? await addressesInArchive(clickhouse, known) : [];
      const looked = { addresses: known.size, records: kafka.records, 'lines of logs': logged.lines };
      return judged({ ...looked, tables: kept.tables }, [
        ...kafka.personal,
        ...logged.found,
        ...kept.found,
        ...archived,
      ]);
    },
  },
];

/** The tables of services but the users' own that hold one of these addresses in a row. */
async function addressesInDatabases(
  databases: Databases,
  known: ReadonlySet<string>,
): Promise<{ readonly tables: number; readonly found: readonly string[] }> {
  const found: string[] = [];
  let looked = 0;
  for (const service of databases.services.filter((each) => each !== 'user')) {
    const tables = await databases.rows<{ name: string }>(
      service,
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    );
    looked += tables.length;
    for (const { name } of tables) {
      const rows = await databases.rows<{ row: string }>(
        service,
        `select each::text as row from ${name} as each where each::text like '%@%'`,
      );
      const hits = rows.filter(({ row }) => addressesIn(Buffer.from(row), known).length > 0);
      if (hits.length > 0) {
        found.push(`${name} of ${service} holds a user's e-mail address in ${hits.length} rows`);
      }
    }
  }
  return { tables: looked, found };
}

/** Archived events that hold one of these addresses, beyond what Kafka still has. */
async function addressesInArchive(
  clickhouse: Pick<ClickHouse, 'rows'>,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const rows = await clickhouse.rows<{ id: string; bytes: string }>(
    `SELECT event_id AS id, base64Encode(concat(toString(e.headers), ' ', e.key, ' ', e.payload)) AS bytes
     FROM events_raw AS e WHERE position(concat(toString(e.headers), e.key, e.payload), '@') > 0`,
  );
  return rows
    .filter(({ bytes }) => addressesIn(Buffer.from(bytes, 'base64'), known).length > 0)
    .map(({ id }) => `ClickHouse's events_raw holds a user's e-mail address in ${id}`);
}

/** The lines of a folder's logs that hold one of these addresses, each told by file and number. */
export async function addressesInLogs(
  folder: string,
  known: ReadonlySet<string>,
): Promise<{ readonly lines: number; readonly found: readonly string[] }> {
  const found: string[] = [];
  let lines = 0;
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.log')) : [];
  for (const file of files.sort()) {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
      number += 1;
      if (line.includes('@') && addressesIn(Buffer.from(line), known).length > 0) {
        found.push(`${file}:${number} holds a user's e-mail address`);
      }
    }
    lines += number;
  }
  return { lines, found };
}
