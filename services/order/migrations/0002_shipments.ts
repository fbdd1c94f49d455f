import { type Kysely, sql } from 'kysely';

/** Parcels and what is in them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table shipment (
      shipment_id uuid primary key,
      order_id uuid not null references orders,
      carrier text not null,
      tracking_number text not null,
      ship_time timestamptz not null,
      deliver_time timestamptz
    )`.execute(db);
  await sql`create index shipment_of_order on shipment (order_id)`.execute(db);
  await sql`
    create table shipment_line (
      shipment_id uuid not null references shipment,
      sku text not null,
      quantity integer not null check (quantity > 0),
      primary key (shipment_id, sku)
    )`.execute(db);
}
