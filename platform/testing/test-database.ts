import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { connectDatabase } from '#platform/db/connect.ts';
import type { Database, MigrationSet } from '#platform/db/database.ts';
import { stackCoordinates } from './stack.ts';

/** A database of its own in the running Postgres, owned by a role without any other right. */
export type TestDatabase<T> = Database<T> & {
  /** Runs a statement as Postgres's administrator, inside this database. */
  admin(statement: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** Closes every connection, and drops the database and its role. */
  drop(): Promise<void>;
};

/** Creates an empty database in the running stack, migrates it and connects to it as a service would. */
export async function testDatabase<T>(
  migrations: MigrationSet = {},
  options: { readonly service?: string; readonly poolSize?: number } = {},
): Promise<TestDatabase<T>> {
  const { postgres } = stackCoordinates();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  await asAdmin(postgres.adminUrl, async (admin) => {
    await admin.query(`create role ${name} login password '${password}'`);
    await admin.query(`create database ${name} owner ${name}`);
  });
  const adminUrl = new URL(postgres.adminUrl);
  adminUrl.pathname = `/${name}`;
  const database = await connectDatabase<T>({
    url: `postgres://${name}:${password}@${postgres.host}:${postgres.port}/${name}`,
    service: options.service ?? 'test',
    migrations,
    clock: { now: () => new Date() },
    ids: { uuid: uuidv7 },
    log: pino({ level: process.env.LOG_LEVEL ?? 'fatal' }),
    ...(options.poolSize === undefined ? {} : { poolSize: options.poolSize }),
  });
  return {
    ...database,
    admin: (statement, values) =>
      asAdmin(adminUrl.href, (admin) => admin.query(statement, values as unknown[])),
    async drop() {
      await database.close();
      await asAdmin(postgres.adminUrl, async (admin) => {
        await admin.query(`drop database if exists ${name} with (force)`);
        await admin.query(`drop role ${name}`);
      });
    },
  };
}

async function asAdmin<R>(url: string, work: (admin: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
