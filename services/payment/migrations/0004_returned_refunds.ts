import { type Kysely, sql } from 'kysely';

/** Refunds that the customer's bank sends back: what was paid back and is owed again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table payment add column owed bigint not null default 0,
      add constraint payment_owed check (0 <= owed and owed <= refunded)`.execute(db);
  await sql`
    alter table attempt drop constraint attempt_outcome_check, add constraint attempt_outcome_check
      check (outcome in ('PENDING', 'SUCCEEDED', 'FAILED', 'UNKNOWN', 'RETURNED'))`.execute(db);
  await sql`
    alter table ledger_entry drop constraint ledger_entry_account_check, add constraint ledger_entry_account_check
      check (account in
        ('RECEIVABLE', 'AUTHORISED', 'PROVIDER_BALANCE', 'REVENUE', 'REFUNDS', 'OWED_TO_CUSTOMERS'))`.execute(
    db,
  );
}
