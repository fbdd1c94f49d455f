import { type Kysely, sql } from 'kysely';

/** Which sessions ended lately, for everybody who takes their tokens. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX session_ended ON session (end_time) WHERE end_time IS NOT NULL`.execute(db);
}
