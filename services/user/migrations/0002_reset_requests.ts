import { type Kysely, sql } from 'kysely';

/** Requests to set another password, before anybody has looked whether the address has an account. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE reset_request (
      request_id uuid PRIMARY KEY,
      email text NOT NULL,
      create_time timestamptz NOT NULL
    )`.execute(db);
}
