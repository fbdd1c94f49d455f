import { type Kysely, sql } from 'kysely';

/**
 * Which transaction changed a product last, for replicas to keep their search index up with the table. Searching
 * itself needs the database no more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE product ADD COLUMN changed_by xid8 NOT NULL DEFAULT '0'`.execute(db);
  await sql`ALTER TABLE product ALTER COLUMN changed_by DROP DEFAULT`.execute(db);
  await sql`CREATE INDEX product_changed ON product (changed_by, product_id)`.execute(db);
  await sql`DROP INDEX product_category, product_price, product_newest`.execute(db);
  await sql`ALTER TABLE product DROP COLUMN search`.execute(db);
  await sql`DROP TABLE search_word`.execute(db);
  await sql`DROP EXTENSION IF EXISTS pg_trgm`.execute(db);
}
