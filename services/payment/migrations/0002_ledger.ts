import { type Kysely, sql } from 'kysely';

/** The double-entry ledger. Its rules are the database's own: what is posted stays, and every transaction balances. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ledger_entry (
      entry_id bigint generated always as identity primary key,
      transaction_id uuid not null,
      payment_id uuid not null references payment,
      account text not null check (account in
        ('RECEIVABLE', 'AUTHORISED', 'PROVIDER_BALANCE', 'REVENUE', 'REFUNDS')),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      amount bigint not null check (amount <> 0),
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index ledger_entry_of_payment on ledger_entry (payment_id, entry_id)`.execute(db);
  await sql`create index ledger_entry_of_transaction on ledger_entry (transaction_id)`.execute(db);

  await sql`
    create function ledger_must_balance() returns trigger language plpgsql as $$
    begin
      if (select sum(amount) from ledger_entry
          where transaction_id = new.transaction_id and currency = new.currency) <> 0 then
        raise exception 'ledger transaction % does not balance in %', new.transaction_id, new.currency
          using errcode = 'check_violation';
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger ledger_balanced after insert on ledger_entry
    deferrable initially deferred for each row execute function ledger_must_balance()`.execute(db);

  await sql`
    create function ledger_is_append_only() returns trigger language plpgsql as $$
    begin
      raise exception 'the ledger is append-only' using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`
    create trigger ledger_append_only before update or delete or truncate on ledger_entry
    for each statement execute function ledger_is_append_only()`.execute(db);
  await sql`revoke update, delete, truncate on ledger_entry from current_user`.execute(db);
}
