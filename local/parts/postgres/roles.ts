import pg from 'pg';

/** Sees to it that every owner has a role with its password and a database that only this role may enter. Safe to repeat. */
export async function declareDatabases(
  adminUrl: string,
  owners: readonly string[],
  password: (owner: string) => string,
): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rows: roles } = await admin.query<{ name: string }>('select rolname as name from pg_roles');
    const { rows: databases } = await admin.query<{ name: string; closed: boolean }>(
      `select datname as name, not has_database_privilege('public', oid, 'connect') as closed from pg_database`,
    );
    await admin.query('begin'); // one commit for all: each waits for the disk
    for (const owner of owners) {
      const verb = roles.some((role) => role.name === owner) ? 'alter' : 'create';
      const secret = admin.escapeLiteral(password(owner));
      await admin.query(`${verb} role ${admin.escapeIdentifier(owner)} login password ${secret}`);
    }
    await admin.query('commit');
    for (const owner of owners) {
      if (databases.some((database) => database.name === owner && database.closed)) continue;
      const name = admin.escapeIdentifier(owner);
      const exists = databases.some((database) => database.name === owner);
      if (!exists) await admin.query(`create database ${name} owner ${name}`);
      await admin.query(`revoke all on database ${name} from public`);
    }
    await admin.query('revoke connect on database postgres, template1 from public');
    await admin.query('create extension if not exists pg_stat_statements');
  } finally {
    await admin.end();
  }
}
