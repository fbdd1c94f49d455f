import { type Kysely, sql } from 'kysely';

/** Categories, products with their variants, and what search needs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE category (
      category_id text PRIMARY KEY,
      parent_id text REFERENCES category,
      display_name text NOT NULL,
      path text[] NOT NULL UNIQUE,
      -- This one and all above it, root first.
      ancestor_ids text[] NOT NULL,
      product_count integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX category_parent ON category (parent_id, display_name)`.execute(db);
  await sql`
    CREATE TABLE product (
      product_id text PRIMARY KEY,
      title text NOT NULL,
      description text NOT NULL,
      brand text NOT NULL,
      category_id text NOT NULL REFERENCES category,
      ancestor_ids text[] NOT NULL,
      attributes jsonb NOT NULL,
      state text NOT NULL CHECK (state IN ('DRAFT', 'ACTIVE', 'ARCHIVED')),
      -- The cheapest variant's price in minor units, which lists are sorted and filtered by.
      price bigint,
      search tsvector NOT NULL,
      -- Of everything that an import brings, so that what is there already stays untouched.
      content_hash bytea NOT NULL,
      -- How many facts there are about the product.
      version bigint NOT NULL,
      create_time timestamptz NOT NULL,
      update_time timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX product_search ON product USING gin (search) WHERE state = 'ACTIVE'`.execute(db);
  await sql`CREATE INDEX product_category ON product USING gin (ancestor_ids) WHERE state = 'ACTIVE'`.execute(
    db,
  );
  await sql`CREATE INDEX product_price ON product (price, product_id) WHERE state = 'ACTIVE'`.execute(db);
  await sql`CREATE INDEX product_newest ON product (create_time, product_id) WHERE state = 'ACTIVE'`.execute(
    db,
  );
  await sql`
    CREATE TABLE variant (
      sku text PRIMARY KEY,
      product_id text NOT NULL REFERENCES product ON DELETE CASCADE,
      position integer NOT NULL,
      title text NOT NULL,
      unit_price bigint CHECK (unit_price >= 0),
      options jsonb NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX variant_product ON variant (product_id, position)`.execute(db);
  await sql`
    CREATE TABLE search_word (
      word text PRIMARY KEY,
      product_count integer NOT NULL
    )`.execute(db);
  await sql`CREATE EXTENSION IF NOT EXISTS pg_trgm`.execute(db);
  await sql`CREATE INDEX search_word_trigrams ON search_word USING gin (word gin_trgm_ops)`.execute(db);
  await sql`
    CREATE TABLE import (
      import_id uuid PRIMARY KEY,
      source text NOT NULL,
      state text NOT NULL CHECK (state IN ('OPEN', 'FINISHED')),
      expected_count integer NOT NULL,
      created_count integer NOT NULL DEFAULT 0,
      updated_count integer NOT NULL DEFAULT 0,
      unchanged_count integer NOT NULL DEFAULT 0,
      create_time timestamptz NOT NULL,
      update_time timestamptz NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE import_batch (
      import_id uuid NOT NULL REFERENCES import,
      batch_number integer NOT NULL,
      PRIMARY KEY (import_id, batch_number)
    )`.execute(db);
}
