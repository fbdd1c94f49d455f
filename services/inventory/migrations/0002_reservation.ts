import { type Kysely, sql } from 'kysely';

/** What is promised to orders. A reservation's lines are kept when it ends. */
// biome-ignore lint/suspicious/noExplicitAny: a migration runs before the tables that types speak of.
export async function reservation(db: Kysely<any>): Promise<void> {
  await sql`
    create table reservation (
      order_id uuid primary key,
      state text not null
        check (state in ('ACTIVE', 'COMMITTED', 'EXPIRED', 'RELEASED', 'RETURNED', 'REJECTED')),
      sequence bigint not null check (sequence > 0),
      expire_time timestamptz not null,
      create_time timestamptz not null,
      update_time timestamptz not null)`.execute(db);
  await sql`create index reservation_due on reservation (expire_time) where state = 'ACTIVE'`.execute(db);

  await sql`
    create table reservation_line (
      order_id uuid not null references reservation,
      sku text not null,
      location_id text not null,
      quantity bigint not null check (quantity > 0),
      primary key (order_id, sku, location_id))`.execute(db);
}
