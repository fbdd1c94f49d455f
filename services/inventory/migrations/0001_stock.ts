import { type Kysely, sql } from 'kysely';

/** Where stock lies, how much of it, and the ledger of how it came to that. */
// biome-ignore lint/suspicious/noExplicitAny: a migration runs before the tables that types speak of.
export async function stock(db: Kysely<any>): Promise<void> {
  await sql`
    create table location (
      location_id text primary key,
      display_name text not null,
      priority integer not null check (priority between 0 and 1000),
      create_time timestamptz not null)`.execute(db);
  await sql`create index location_by_priority on location (priority, location_id)`.execute(db);

  // Figures are capped at what a JavaScript number holds exactly. No index but the key, and free space in every page:
  // a reservation then rewrites its row in place (HOT), without touching an index.
  await sql`
    create table stock (
      sku text not null,
      location_id text not null references location,
      on_hand bigint not null,
      reserved bigint not null,
      restock_threshold bigint not null check (restock_threshold >= 0),
      update_time timestamptz not null,
      primary key (sku, location_id),
      constraint stock_never_oversold
        check (0 <= reserved and reserved <= on_hand and on_hand <= 9007199254740991)
    ) with (fillfactor = 70)`.execute(db);

  // The number of a SKU's last level fact. Apart from stock, as a SKU may lie at several locations.
  await sql`
    create table level_sequence (
      sku text primary key,
      sequence bigint not null check (sequence > 0)) with (fillfactor = 70)`.execute(db);

  await sql`
    create table movement (
      sku text not null,
      movement_id uuid not null,
      location_id text not null,
      kind text not null check (kind in ('RECEIPT', 'ADJUSTMENT', 'SALE', 'RETURN')),
      quantity bigint not null,
      order_id uuid,
      attempt integer not null default 1,
      note text not null default '',
      create_time timestamptz not null,
      primary key (sku, movement_id),
      constraint movement_once unique (order_id, sku, location_id, kind, attempt),
      constraint movement_direction check (
        case kind
          when 'SALE' then quantity < 0
          when 'ADJUSTMENT' then quantity <> 0
          else quantity > 0
        end),
      constraint movement_of_an_order
        check ((kind in ('SALE', 'RETURN')) = (order_id is not null)))`.execute(db);
  // The service's role owns the ledger, and still can't change what was booked.
  await sql`revoke update, delete, truncate on movement from current_user`.execute(db);
}
