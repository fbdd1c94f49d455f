import { type Kysely, sql } from 'kysely';

/** Accounts, their sessions, the links that mails carry, the mails themselves and the keys that sign tokens. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE account (
      user_id uuid PRIMARY KEY,
      email text NOT NULL UNIQUE CHECK (email = lower(email)),
      display_name text NOT NULL,
      password_hash text NOT NULL,
      state text NOT NULL CHECK (state IN ('UNVERIFIED', 'ACTIVE', 'BANNED')),
      roles text[] NOT NULL DEFAULT '{}',
      -- How many facts there are about the account.
      version bigint NOT NULL DEFAULT 0,
      create_time timestamptz NOT NULL,
      update_time timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX account_newest ON account (create_time DESC, user_id DESC)`.execute(db);
  await sql`
    CREATE TABLE session (
      session_id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES account,
      device_name text NOT NULL,
      -- Half of what a refresh token is made from; the other half is the service's own secret.
      seed bytea NOT NULL,
      generation integer NOT NULL,
      rotate_time timestamptz NOT NULL,
      create_time timestamptz NOT NULL,
      expire_time timestamptz NOT NULL,
      end_time timestamptz
    )`.execute(db);
  await sql`CREATE INDEX session_by_user ON session (user_id, create_time DESC) WHERE end_time IS NULL`.execute(
    db,
  );
  await sql`
    CREATE TABLE link (
      token_hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES account,
      purpose text NOT NULL CHECK (purpose IN ('VERIFY', 'RESET')),
      expire_time timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX link_user ON link (user_id)`.execute(db);
  await sql`
    CREATE TABLE mail (
      mail_id uuid PRIMARY KEY,
      recipient text NOT NULL,
      subject text NOT NULL,
      body text NOT NULL,
      create_time timestamptz NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE log_in_failure (
      email_hash bytea PRIMARY KEY,
      count integer NOT NULL,
      last_time timestamptz NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE signing_key (
      key_id text PRIMARY KEY,
      state text NOT NULL CHECK (state IN ('NEXT', 'ACTIVE', 'RETIRED')),
      public_jwk jsonb NOT NULL,
      -- The private JWK, sealed with the service's own secret.
      sealed_jwk bytea NOT NULL,
      create_time timestamptz NOT NULL,
      retire_time timestamptz
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX one_active_key ON signing_key (state) WHERE state <> 'RETIRED'`.execute(db);
}
