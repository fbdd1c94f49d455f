import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { MigrationSet } from './database.ts';
import { exactTypes } from './pool.ts';

/**
 * Applies what is missing of each set, in order, each migration in a transaction of its own that also records it.
 * Replicas may start at once: an advisory lock lets one at a time through. Throws when a migration is missing that
 * sorts before an applied one of its set, since applying it now would make a history that no other database has.
 */
export async function migrate(
  url: string,
  sets: readonly { readonly name: string; readonly migrations: MigrationSet }[],
): Promise<void> {
  // A pool of one and without a statement timeout: the lock belongs to the session, and a migration may take long.
  const pool = new pg.Pool({ connectionString: url, max: 1, keepAlive: true, types: exactTypes() });
  // A connection that breaks fails the statement it is at; without a listener it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Versions>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select pg_advisory_lock(hashtext('shopverse.migrate'))`.execute(db);
    await sql`
      create table if not exists schema_version (
        set_name text not null, name text not null, applied_at timestamptz not null default now(),
        primary key (set_name, name))`.execute(db);
    for (const set of sets) {
      await applySet(db, set.name, set.migrations);
    }
  } finally {
    await db.destroy();
  }
}

type Versions = { schema_version: { set_name: string; name: string } };

async function applySet(db: Kysely<Versions>, set: string, migrations: MigrationSet): Promise<void> {
  const rows = await db.selectFrom('schema_version').select('name').where('set_name', '=', set).execute();
  const applied = new Set(rows.map((row) => row.name));
  const latest = [...applied].sort().at(-1) ?? '';
  for (const [name, migration] of Object.entries(migrations).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (applied.has(name)) {
      continue;
    }
    if (name < latest) {
      throw new Error(`Migration ${set}/${name} sorts before ${latest}, which is applied already`);
    }
    await db.transaction().execute(async (tx) => {
      await migration.up(tx);
      await tx.insertInto('schema_version').values({ set_name: set, name }).execute();
    });
  }
}
