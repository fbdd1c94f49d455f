import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Stage } from './stage.ts';

/** What must hold when it is quiet, read from outside: the database, and the provider's own journal. */
export async function assertInvariants({ database, simulator }: Stage): Promise<void> {
  const { db } = database;
  const unbalanced = await sql`
    select transaction_id from ledger_entry group by transaction_id, currency having sum(amount) <> 0`.execute(
    db,
  );
  assert.deepEqual(unbalanced.rows, [], 'I-20');

  const buckets = await sql`
    select payment_id from payment
    where not (0 <= owed and owed <= refunded and refunded <= captured and captured <= authorised and authorised <= amount)`.execute(
    db,
  );
  assert.deepEqual(buckets.rows, [], 'I-22');

  const ledger = await sql`
    select payment_id from payment left join (
      select payment_id,
        coalesce(sum(amount) filter (where account = 'AUTHORISED'), 0) as holds,
        coalesce(sum(amount) filter (where account = 'PROVIDER_BALANCE'), 0) as balance
      from ledger_entry group by payment_id) entries using (payment_id)
    where coalesce(holds, 0) <> case state when 'AUTHORISED' then authorised else 0 end
      or coalesce(balance, 0) <> captured - refunded + owed`.execute(db);
  assert.deepEqual(ledger.rows, [], 'the ledger and the buckets agree');

  const open = await sql`
    select idempotency_key from attempt where outcome in ('PENDING', 'UNKNOWN')`.execute(db);
  assert.deepEqual(open.rows, [], 'I-24');

  const { rows: here } = await sql<{ line: string }>`
    select idempotency_key || ' ' || lower(operation) || ' ' || amount || ' ' || currency as line
    from attempt where outcome in ('SUCCEEDED', 'RETURNED') order by 1`.execute(db);
  const there = (await simulator.journal())
    .filter(
      ({ operation, outcome }) =>
        outcome === 'succeeded' && !['create', 'abandon', 'return'].includes(operation),
    )
    .map(({ key, operation, amount, currency }) => `${key} ${operation} ${amount} ${currency}`);
  assert.deepEqual(here.map(({ line }) => line).sort(), [...there].sort(), 'I-23');

  const holds = there.filter((line) => line.includes(' authorise ')).map((line) => line.split(':')[0]);
  assert.equal(new Set(holds).size, holds.length, 'no payment is held twice');

  const gaps = await sql`
    select payment_id from payment left join (
      select aggregate_id, count(*) as facts, max(aggregate_seq) as last from outbox group by aggregate_id
    ) published on aggregate_id = payment_id::text
    where coalesce(facts, 0) <> version or coalesce(last, 0) <> version`.execute(db);
  assert.deepEqual(gaps.rows, [], 'I-30');
}
