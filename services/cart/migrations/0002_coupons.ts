import { type Kysely, sql } from 'kysely';

/** Coupons, what orders hold of them, and what is being checked out of which cart. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE coupon (
      code text PRIMARY KEY,
      percent_basis_points integer CHECK (percent_basis_points BETWEEN 1 AND 10000),
      amount_off bigint CHECK (amount_off > 0),
      redemption_limit integer NOT NULL CHECK (redemption_limit >= 0),
      per_user_limit integer NOT NULL CHECK (per_user_limit >= 0),
      minimum_subtotal bigint NOT NULL CHECK (minimum_subtotal >= 0),
      expire_time timestamptz,
      held_count integer NOT NULL DEFAULT 0 CHECK (held_count >= 0),
      redeemed_count integer NOT NULL DEFAULT 0 CHECK (redeemed_count >= 0),
      CHECK ((percent_basis_points IS NULL) <> (amount_off IS NULL)),
      CHECK (redemption_limit = 0 OR held_count + redeemed_count <= redemption_limit)
    )`.execute(db);
  await sql`
    CREATE TABLE coupon_hold (
      order_id uuid PRIMARY KEY,
      code text NOT NULL,
      user_id uuid NOT NULL,
      state text NOT NULL CHECK (state IN ('HELD', 'REJECTED', 'REDEEMED', 'RETURNED')),
      version bigint NOT NULL,
      update_time timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX coupon_hold_user ON coupon_hold (code, user_id)`.execute(db);
  await sql`
    CREATE TABLE checkout (
      order_id uuid PRIMARY KEY,
      cart_id uuid NOT NULL,
      lines jsonb NOT NULL,
      create_time timestamptz NOT NULL
    )`.execute(db);
}
