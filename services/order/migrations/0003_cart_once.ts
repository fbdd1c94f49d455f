import { type Kysely, sql } from 'kysely';

/** A cart in one state is ordered once, whatever request ids the clicks have, unless the order is undone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table orders add column cart_etag text`.execute(db);
  await sql`
    create unique index orders_cart_once on orders (cart_id, cart_etag)
    where cart_etag is not null and state not in ('REJECTED', 'CANCELLING', 'CANCELLED')`.execute(db);
}
