import { type Kysely, sql } from 'kysely';

/** Few of all orders are unsettled, and these are counted at each scrape and each placement. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index orders_unsettled on orders (user_id, state)
    where state in ('PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'CANCELLING')`.execute(db);
}
