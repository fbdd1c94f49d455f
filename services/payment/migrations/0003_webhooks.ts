import { type Kysely, sql } from 'kysely';

/** The provider's events that were received, so that each has its effect once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook_event (
      event_id text primary key,
      type text not null,
      payment_id uuid,
      received_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index webhook_event_received on webhook_event (received_at)`.execute(db);
}
