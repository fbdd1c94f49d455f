import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { type Attempt, isOpen } from '../domain/attempt.ts';
import type { Account } from '../domain/ledger.ts';
import type { Payment } from '../domain/payment.ts';
import type { Origin } from '../ports.ts';
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
  const attempts = openedAttempts(payment, 0, payment.attempts.length, currentOrigin());
  const { rows } = await sql`
    with inserted as (
      insert into payment (payment_id, order_id, user_id, state, currency, amount, provider, payment_method_token, deadline)
      values (${payment.id}, ${payment.orderId}, ${payment.userId}, ${payment.state}, ${payment.currency},
        ${payment.amount}, ${given.provider}, ${given.token}, ${given.deadline})
      on conflict (payment_id) do nothing
      returning payment_id
    ), opened as (${insertAttempts(attempts, sql`from inserted cross join`)})
    select from inserted`.execute(tx.db);
  return rows.length === 1;
}

/** What a message made of a locked payment: the ledger's lines for it, and where the message came from. */
export type Change = {
  readonly before: Payment;
  readonly after: Payment;
  readonly entries: readonly NewEntry[];
  readonly origin: Origin;
};

/**
 * Stores what changed of locked payments, in one statement: every round trip more is time under their locks. Changes of
 * one payment follow each other, each beginning where the one before ended.
 */
export async function savePayments(tx: Tx<PaymentTables>, changes: readonly Change[]): Promise<void> {
  const first = new Map(changes.toReversed().map(({ before }) => [before.id, before]));
  const payments = [...new Map(changes.map(({ after }) => [after.id, after])).values()];
  const column = <V>(value: (payment: Payment) => V) => payments.map(value);
  const settled = payments.flatMap(({ id, attempts }) =>
    attempts.filter((attempt, index) => {
      const was = first.get(id)?.attempts[index];
      return (
        was !== undefined && (was.outcome !== attempt.outcome || was.failureCode !== attempt.failureCode)
      );
    }),
  );
  const last = new Map(payments.map((payment) => [payment.id, payment]));
  const opened = changes.flatMap(({ before, after, origin }) =>
    openedAttempts(last.get(after.id) ?? after, before.attempts.length, after.attempts.length, origin),
  );
  const entries = changes.flatMap(({ after, entries }) => entries.map((entry) => ({ ...entry, of: after })));
  await sql`
    with changed as (
      update payment set state = now_is.state, authorised = now_is.authorised, captured = now_is.captured,
        refunded = now_is.refunded, owed = now_is.owed, cancelling = now_is.cancelling,
        provider_reference = now_is.reference, decline_code = now_is.decline_code, version = now_is.version,
        revision = revision + 1, updated_at = now(),
        payment_method_token = case when now_is.authorising then payment_method_token else '' end
      from unnest(${column(({ id }) => id)}::uuid[], ${column(({ state }) => state)}::text[],
        ${column(({ authorised }) => authorised)}::bigint[], ${column(({ captured }) => captured)}::bigint[],
        ${column(({ refunded }) => refunded)}::bigint[], ${column(({ owed }) => owed)}::bigint[],
        ${column(({ cancelling }) => cancelling)}::boolean[], ${column(({ reference }) => reference)}::text[],
        ${column(({ declineCode }) => declineCode)}::text[], ${column(({ version }) => version)}::bigint[],
        ${column(isAuthorising)}::boolean[])
        as now_is (id, state, authorised, captured, refunded, owed, cancelling, reference, decline_code, version,
          authorising)
      where payment_id = now_is.id
    ), settled as (
      update attempt set outcome = now_is.outcome, failure_code = now_is.code,
        settled_at = case when now_is.open then null else now() end
      from unnest(${settled.map(({ key }) => key)}::text[], ${settled.map(({ outcome }) => outcome)}::text[],
        ${settled.map(({ failureCode }) => failureCode)}::text[], ${settled.map(isOpen)}::boolean[])
        as now_is (key, outcome, code, open)
      where idempotency_key = now_is.key
    ), opened as (${insertAttempts(opened, sql`from`)})
    insert into ledger_entry (transaction_id, payment_id, account, currency, amount)
    select transaction_id, payment_id, account, currency, amount
    from unnest(${entries.map(({ transactionId }) => transactionId)}::uuid[],
      ${entries.map(({ of }) => of.id)}::uuid[], ${entries.map(({ account }) => account)}::text[],
      ${entries.map(({ of }) => of.currency)}::text[], ${entries.map(({ amount }) => amount)}::bigint[])
      with ordinality as line (transaction_id, payment_id, account, currency, amount, position)
    order by position`.execute(tx.db);
}

function isAuthorising({ attempts }: Payment): boolean {
  return attempts.some((attempt) => attempt.operation === 'AUTHORISE' && isOpen(attempt));
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

type OpenedAttempt = {
  readonly payment: Payment;
  readonly attempt: Attempt;
  readonly position: number;
  readonly origin: Origin;
};

/** A payment's attempts from the nth to the mth, which remember what set them off. */
function openedAttempts(payment: Payment, from: number, to: number, origin: Origin): OpenedAttempt[] {
  return payment.attempts
    .slice(from, to)
    .map((attempt, index) => ({ payment, attempt, position: from + index + 1, origin }));
}

function insertAttempts(opened: readonly OpenedAttempt[], source: ReturnType<typeof sql>) {
  const column = <V>(value: (attempt: Attempt) => V) => opened.map(({ attempt }) => value(attempt));
  return sql`
    insert into attempt (idempotency_key, payment_id, position, operation, amount, currency, outcome, failure_code,
      sent, reason, requested_by, settled_at, correlation_id, causation_id, traceparent)
    select key, of, position, operation, amount, currency, outcome, code,
      sent, reason, requested_by, case when open then null else now() end,
      correlation_id, causation_id, traceparent
    ${source} unnest(${column(({ key }) => key)}::text[], ${opened.map(({ payment }) => payment.id)}::uuid[],
      ${opened.map(({ position }) => position)}::int[], ${column(({ operation }) => operation)}::text[],
      ${column(({ amount }) => amount)}::bigint[], ${opened.map(({ payment }) => payment.currency)}::text[],
      ${column(({ outcome }) => outcome)}::text[], ${column(({ failureCode }) => failureCode)}::text[],
      ${column(({ sent }) => sent)}::boolean[], ${column(({ reason }) => reason)}::text[],
      ${column(({ requestedBy }) => requestedBy)}::text[], ${column(isOpen)}::boolean[],
      ${opened.map(({ origin }) => origin.correlationId)}::text[],
      ${opened.map(({ origin }) => origin.causationId ?? null)}::text[],
      ${opened.map(({ origin }) => origin.traceparent)}::text[])
      as fresh (key, of, position, operation, amount, currency, outcome, code, sent, reason, requested_by, open,
        correlation_id, causation_id, traceparent)`;
}
