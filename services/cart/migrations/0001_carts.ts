import { type Kysely, sql } from 'kysely';

/** Carts with their lines, and the catalogue's variants as far as a cart needs them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cart (
      cart_id uuid PRIMARY KEY,
      user_id uuid UNIQUE,
      -- The SHA-256 of the guest's secret: the secret itself is nowhere stored.
      guest_hash bytea UNIQUE,
      coupon_code text,
      version bigint NOT NULL DEFAULT 0,
      expire_time timestamptz NOT NULL,
      create_time timestamptz NOT NULL,
      update_time timestamptz NOT NULL,
      CHECK ((user_id IS NULL) <> (guest_hash IS NULL))
    )`.execute(db);
  await sql`CREATE INDEX cart_expiry ON cart (expire_time)`.execute(db);
  await sql`
    CREATE TABLE cart_line (
      cart_id uuid NOT NULL REFERENCES cart ON DELETE CASCADE,
      sku text NOT NULL,
      -- The net of all additions and removals; none when it isn't above zero.
      quantity integer NOT NULL,
      position bigint GENERATED ALWAYS AS IDENTITY,
      PRIMARY KEY (cart_id, sku)
    )`.execute(db);
  await sql`
    CREATE TABLE variant (
      sku text PRIMARY KEY,
      product_id text NOT NULL,
      title text NOT NULL,
      category_path text[] NOT NULL,
      unit_price bigint CHECK (unit_price >= 0),
      on_sale boolean NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX variant_product ON variant (product_id)`.execute(db);
}
