import { type Kysely, sql } from 'kysely';
import type { MigrationSet } from './database.ts';

/** The kernel's own tables, applied to every service's database before the service's migrations. */
export const kernelMigrations: MigrationSet = {
  '0001_outbox': { up: outbox },
  '0002_inbox': { up: inbox },
  '0003_dead_letter': { up: deadLetter },
  '0004_idempotency': { up: idempotency },
  '0005_lease': { up: lease },
  '0006_outbox_order': { up: outboxOrder },
};

// biome-ignore lint/suspicious/noExplicitAny: a migration runs before the tables that types speak of.
type AnyDb = Kysely<any>;

async function outbox(db: AnyDb): Promise<void> {
  // Ordered by (xid, seq): a sequence alone isn't commit order. The last constraint keeps an aggregate's history from forking.
  await sql`
    create table outbox (
      seq bigserial not null,
      xid xid8 not null default pg_current_xact_id(),
      event_id uuid not null,
      topic text not null,
      key bytea,
      aggregate_type text not null,
      aggregate_id text not null,
      aggregate_seq bigint not null check (aggregate_seq > 0),
      type text not null,
      headers jsonb not null,
      payload bytea,
      created_at timestamptz not null default now(),
      primary key (xid, seq),
      constraint outbox_history unique (topic, aggregate_id, aggregate_seq))`.execute(db);
  // The service's role owns the table, and still can't change what was said.
  await sql`revoke update, delete, truncate on outbox from current_user`.execute(db);
  await sql`
    create table outbox_cursor (
      "only" boolean primary key default true check ("only"),
      xid xid8 not null,
      seq bigint not null)`.execute(db);
  await sql`insert into outbox_cursor (xid, seq) values ('0', 0)`.execute(db);
}

async function inbox(db: AnyDb): Promise<void> {
  await sql`
    create table inbox (
      consumer text not null,
      event_id uuid not null,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      received_at timestamptz not null default now(),
      outcome text not null check (outcome in ('effect', 'skip', 'discard')),
      primary key (consumer, event_id))`.execute(db);
  await sql`
    create table consumer_offset (
      consumer text not null,
      topic text not null,
      partition integer not null,
      next_offset bigint not null,
      primary key (consumer, topic, partition)) with (fillfactor = 50)`.execute(db);
}

async function deadLetter(db: AnyDb): Promise<void> {
  await sql`
    create table dead_letter (
      id bigserial primary key,
      consumer text not null,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      key bytea,
      headers jsonb not null,
      payload bytea,
      event_id text,
      error text not null,
      attempts integer not null,
      state text not null check (state in ('RETRYING', 'DEAD', 'QUEUED', 'REDRIVEN', 'DISCARDED')),
      next_attempt_time timestamptz,
      dead_time timestamptz,
      create_time timestamptz not null default now(),
      update_time timestamptz not null default now(),
      unique (consumer, topic, partition, "offset"))`.execute(db);
  await sql`
    create index dead_letter_open on dead_letter (consumer, topic, key, id)
    where state in ('RETRYING', 'DEAD', 'QUEUED')`.execute(db);
  await sql`
    create table dead_letter_audit (
      id bigserial primary key,
      dead_letter_id bigint not null references dead_letter (id),
      action text not null check (action in ('REDRIVE', 'DISCARD')),
      actor text not null,
      reason text not null,
      create_time timestamptz not null default now())`.execute(db);
  await sql`revoke update, delete, truncate on dead_letter_audit from current_user`.execute(db);
}

async function idempotency(db: AnyDb): Promise<void> {
  await sql`
    create table idempotency (
      caller text not null,
      method text not null,
      request_id text not null,
      request_hash bytea not null,
      response bytea,
      created_at timestamptz not null default now(),
      primary key (caller, method, request_id))`.execute(db);
  await sql`create index idempotency_age on idempotency (created_at)`.execute(db);
}

async function lease(db: AnyDb): Promise<void> {
  await sql`
    create table lease (
      name text primary key,
      holder text not null,
      epoch bigint not null,
      expires_at timestamptz not null)`.execute(db);
}

/**
 * A transaction may get its id first and write an aggregate's next fact last, having waited for the lock of one that
 * began later: by its own id its fact would come out before the one that it follows. So a row counts as of the latest
 * transaction that had ended when it was written, if that is later than its own: never below the oldest that is open,
 * and never below the row that it follows.
 */
async function outboxOrder(db: AnyDb): Promise<void> {
  await sql`
    alter table outbox alter column xid set default greatest(
      pg_current_xact_id(),
      ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text)::xid8)`.execute(db);
}
