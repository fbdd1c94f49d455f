import { type Kysely, sql } from 'kysely';

/** Payments, and each thing asked of the provider for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table payment (
      payment_id uuid primary key,
      order_id text not null unique,
      user_id text not null,
      state text not null check (state in
        ('PENDING', 'UNKNOWN', 'AUTHORISED', 'CAPTURED', 'DECLINED', 'VOIDED', 'REFUNDED', 'EXPIRED')),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      amount bigint not null,
      authorised bigint not null default 0,
      captured bigint not null default 0,
      refunded bigint not null default 0,
      cancelling boolean not null default false,
      provider text not null,
      provider_reference text not null default '',
      payment_method_token text not null,
      decline_code text not null default '',
      deadline timestamptz not null,
      version bigint not null default 0,
      revision bigint not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint payment_buckets check
        (0 <= refunded and refunded <= captured and captured <= authorised and authorised <= amount),
      constraint payment_held_in_full check (state <> 'AUTHORISED' or authorised = amount)
    ) with (fillfactor = 80)`.execute(db);
  await sql`create index payment_of_user on payment (user_id, payment_id)`.execute(db);
  await sql`create index payment_in_state on payment (state, payment_id)`.execute(db);
  await sql`
    create unique index payment_reference on payment (provider, provider_reference)
    where provider_reference <> ''`.execute(db);

  await sql`
    create table attempt (
      idempotency_key text primary key check (length(idempotency_key) <= 255),
      payment_id uuid not null references payment,
      position int not null,
      operation text not null check (operation in ('AUTHORISE', 'CAPTURE', 'VOID', 'REFUND')),
      amount bigint not null check (amount > 0),
      currency text not null,
      outcome text not null check (outcome in ('PENDING', 'SUCCEEDED', 'FAILED', 'UNKNOWN')),
      failure_code text not null default '',
      sent boolean not null default false,
      tries int not null default 0,
      claim bigint not null default 0,
      claimed_by text not null default '',
      next_try_at timestamptz not null default now(),
      reason text not null default '',
      requested_by text not null default '',
      correlation_id text not null,
      causation_id text,
      traceparent text not null,
      created_at timestamptz not null default now(),
      settled_at timestamptz,
      unique (payment_id, position)
    ) with (fillfactor = 80)`.execute(db);
  await sql`
    create index attempt_due on attempt (next_try_at) where outcome in ('PENDING', 'UNKNOWN')`.execute(db);
}
