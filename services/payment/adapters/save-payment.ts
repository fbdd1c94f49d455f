import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { type Attempt, isOpen } from '../domain/attempt.ts';
import type { Account } from '../domain/ledger.ts';
import type { Payment } from '../domain/payment.ts';
import { currentOrigin } from './origin.ts';
import type { PaymentTables } from './tables.ts';

/** A line for the ledger. The lines of one change share their transaction. */
export type NewEntry = {
  readonly transactionId: string;
  readonly account: Account;
  readonly amount: bigint;
};

/** Stores a new payment with its attempts, in one statement. False when the payment is there already. */
export async function insertPayment(
  tx: Tx<PaymentTables>,
  payment: Payment,
  given: { readonly provider: string; readonly token: string; readonly deadline: Date },
): Promise<boolean> {
  const { rows } = await sql`
    with inserted as (
      insert into payment (payment_id, order_id, user_id, state, currency, amount, provider, payment_method_token, deadline)
      values (${payment.id}, ${payment.orderId}, ${payment.userId}, ${payment.state}, ${payment.currency},
        ${payment.amount}, ${given.provider}, ${given.token}, ${given.deadline})
      on conflict (payment_id) do nothing
      returning payment_id
    ), opened as (${openAttempts(payment, 0, sql`from inserted cross join`)})
    select from inserted`.execute(tx.db);
  return rows.length === 1;
}

/** Stores what changed of a locked payment, in one statement: every round trip more is time under its lock. */
export async function savePayment(
  tx: Tx<PaymentTables>,
  before: Payment,
  after: Payment,
  entries: readonly NewEntry[],
): Promise<void> {
  const settled = after.attempts.filter((attempt, index) => {
    const was = before.attempts[index];
    return was !== undefined && (was.outcome !== attempt.outcome || was.failureCode !== attempt.failureCode);
  });
  const authorising = after.attempts.some((attempt) => attempt.operation === 'AUTHORISE' && isOpen(attempt));
  await sql`
    with changed as (
      update payment set state = ${after.state}, authorised = ${after.authorised}, captured = ${after.captured},
        refunded = ${after.refunded}, owed = ${after.owed}, cancelling = ${after.cancelling}, provider_reference = ${after.reference},
        decline_code = ${after.declineCode}, version = ${after.version}, revision = revision + 1, updated_at = now(),
        payment_method_token = case when ${authorising} then payment_method_token else '' end
      where payment_id = ${after.id}
    ), settled as (
      update attempt set outcome = now_is.outcome, failure_code = now_is.code,
        settled_at = case when now_is.open then null else now() end
      from unnest(${settled.map(({ key }) => key)}::text[], ${settled.map(({ outcome }) => outcome)}::text[],
        ${settled.map(({ failureCode }) => failureCode)}::text[], ${settled.map(isOpen)}::boolean[])
        as now_is (key, outcome, code, open)
      where idempotency_key = now_is.key
    ), opened as (${openAttempts(after, before.attempts.length, sql`from`)})
    insert into ledger_entry (transaction_id, payment_id, account, currency, amount)
    select transaction_id, ${after.id}, account, ${after.currency}, amount
    from unnest(${entries.map(({ transactionId }) => transactionId)}::uuid[],
      ${entries.map(({ account }) => account)}::text[], ${entries.map(({ amount }) => amount)}::bigint[])
      with ordinality as line (transaction_id, account, amount, position)
    order by position`.execute(tx.db);
}

/** Lets the reconciler look into an unclear authorisation at once, now that it isn't wanted any more. */
export async function hasten(tx: Tx<PaymentTables>, payment: Payment): Promise<void> {
  await tx.db
    .updateTable('attempt')
    .set({ next_try_at: sql<Date>`least(next_try_at, now())` })
    .where('payment_id', '=', payment.id)
    .where('operation', '=', 'AUTHORISE')
    .where('outcome', '=', 'UNKNOWN')
    .execute();
}

/** Notes a provider's event; false when it was noted before. */
export async function insertWebhook(
  tx: Tx<PaymentTables>,
  event: { readonly id: string; readonly type: string; readonly paymentId: string | undefined },
): Promise<boolean> {
  const noted = await tx.db
    .insertInto('webhook_event')
    .values({ event_id: event.id, type: event.type, payment_id: event.paymentId ?? null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return noted.numInsertedOrUpdatedRows === 1n;
}

/** The insert of a payment's attempts from the nth on, which remember what set them off. */
function openAttempts(payment: Payment, from: number, source: ReturnType<typeof sql>) {
  const fresh = payment.attempts.slice(from);
  const { correlationId, causationId, traceparent } = currentOrigin();
  const column = <V>(value: (attempt: Attempt) => V) => fresh.map(value);
  return sql`
    insert into attempt (idempotency_key, payment_id, position, operation, amount, currency, outcome, failure_code,
      sent, reason, requested_by, settled_at, correlation_id, causation_id, traceparent)
    select key, ${payment.id}, ${from}::int + position, operation, amount, ${payment.currency}, outcome, code,
      sent, reason, requested_by, case when open then null else now() end,
      ${correlationId}, ${causationId ?? null}, ${traceparent}
    ${source} unnest(${column(({ key }) => key)}::text[], ${column(({ operation }) => operation)}::text[],
      ${column(({ amount }) => amount)}::bigint[], ${column(({ outcome }) => outcome)}::text[],
      ${column(({ failureCode }) => failureCode)}::text[], ${column(({ sent }) => sent)}::boolean[],
      ${column(({ reason }) => reason)}::text[], ${column(({ requestedBy }) => requestedBy)}::text[],
      ${column(isOpen)}::boolean[])
      with ordinality
      as fresh (key, operation, amount, outcome, code, sent, reason, requested_by, open, position)`;
}
