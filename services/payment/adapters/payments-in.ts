import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { type Attempt, isOpen } from '../domain/attempt.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { type Change, evolve, isFact, type Payment } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Applied, PaymentWriter } from '../ports.ts';
import { currentOrigin } from './origin.ts';
import { paymentEvent } from './payment-events.ts';
import { paymentColumns, toPayment } from './rows.ts';
import type { PaymentTables } from './tables.ts';

/** Payments within a transaction. `provider` is the name that new payments are stored under. */
export function paymentsIn(tx: Tx<PaymentTables>, provider: string): PaymentWriter {
  return {
    async insert(request) {
      const payment = requested(request);
      const inserted = await tx.db
        .insertInto('payment')
        .values({
          payment_id: payment.id,
          order_id: payment.orderId,
          user_id: payment.userId,
          currency: payment.currency,
          amount: payment.amount,
          provider,
          payment_method_token: request.token,
          deadline: request.deadline,
          ...paymentColumns(payment),
        })
        .onConflict((conflict) => conflict.column('payment_id').doNothing())
        .executeTakeFirstOrThrow();
      if (inserted.numInsertedOrUpdatedRows === 0n) {
        return false;
      }
      await insertAttempts(tx, payment, 0);
      return true;
    },

    async apply(paymentId, message) {
      const locked = await lockPayment(tx, paymentId);
      return locked === undefined ? { kind: 'unknown-payment' } : applyTo(tx, locked.payment, message);
    },

    async noteWebhook(event) {
      const noted = await tx.db
        .insertInto('webhook_event')
        .values({ event_id: event.id, type: event.type, payment_id: event.paymentId ?? null })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      return noted.numInsertedOrUpdatedRows === 1n;
    },
  };
}

/** A payment as locked, and the last claim of each attempt by its key. */
export type LockedPayment = { readonly payment: Payment; readonly claims: ReadonlyMap<string, bigint> };

/**
 * The payment with its attempts, all locked until the transaction ends, so that no worker claims one meanwhile. Two
 * statements: one that waited for the payment's lock would not see the attempts that the holder added.
 */
export async function lockPayment(
  tx: Tx<PaymentTables>,
  paymentId: string,
): Promise<LockedPayment | undefined> {
  const row = await tx.db
    .selectFrom('payment')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) {
    return undefined;
  }
  const attempts = await tx.db
    .selectFrom('attempt')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .orderBy('position')
    .forUpdate()
    .execute();
  return {
    payment: toPayment(row, attempts),
    claims: new Map(attempts.map((attempt) => [attempt.idempotency_key, attempt.claim])),
  };
}

/** Decides what a message makes of a locked payment, and stores what follows. */
export async function applyTo(
  tx: Tx<PaymentTables>,
  before: Payment,
  message: Message,
): Promise<Exclude<Applied, { kind: 'unknown-payment' }>> {
  const decision = decide(before, message);
  if (decision.kind === 'refused') {
    return { kind: 'refused', refusal: decision.refusal };
  }
  const payment = await save(tx, before, decision.changes);
  return { kind: 'applied', payment, opened: payment.attempts.length - before.attempts.length };
}

async function save(tx: Tx<PaymentTables>, before: Payment, changes: readonly Change[]): Promise<Payment> {
  if (changes.length === 0) {
    return before;
  }
  let payment = before;
  const lines = [];
  for (const change of changes) {
    const transaction_id = randomUUID();
    const { id: payment_id, currency } = payment;
    for (const { account, amount } of postings(payment, change)) {
      lines.push({ transaction_id, payment_id, account, currency, amount });
    }
    payment = evolve(payment, change);
    if (isFact(change)) {
      tx.append(paymentEvent(payment, change));
    }
  }
  await updatePayment(tx, payment);
  await settleAttempts(tx, before, payment);
  await insertAttempts(tx, payment, before.attempts.length);
  if (payment.cancelling && !before.cancelling) {
    await hasten(tx, payment);
  }
  if (lines.length > 0) {
    await tx.db.insertInto('ledger_entry').values(lines).execute();
  }
  return payment;
}

async function updatePayment(tx: Tx<PaymentTables>, payment: Payment): Promise<void> {
  const settled = !payment.attempts.some((attempt) => attempt.operation === 'AUTHORISE' && isOpen(attempt));
  await tx.db
    .updateTable('payment')
    .set({
      ...paymentColumns(payment),
      ...(settled ? { payment_method_token: '' } : {}),
      revision: sql`revision + 1`,
      updated_at: sql`now()`,
    })
    .where('payment_id', '=', payment.id)
    .execute();
}

async function settleAttempts(tx: Tx<PaymentTables>, before: Payment, after: Payment): Promise<void> {
  for (const [index, was] of before.attempts.entries()) {
    const is = after.attempts[index];
    if (is !== undefined && (is.outcome !== was.outcome || is.failureCode !== was.failureCode)) {
      await tx.db
        .updateTable('attempt')
        .set({
          outcome: is.outcome,
          failure_code: is.failureCode,
          ...(isOpen(is) ? {} : { settled_at: sql<Date>`now()` }),
        })
        .where('idempotency_key', '=', is.key)
        .execute();
    }
  }
}

async function insertAttempts(tx: Tx<PaymentTables>, payment: Payment, from: number): Promise<void> {
  const fresh = payment.attempts.slice(from);
  if (fresh.length === 0) {
    return;
  }
  const { correlationId, causationId, traceparent } = currentOrigin();
  const column = (attempt: Attempt, index: number) => ({
    idempotency_key: attempt.key,
    payment_id: payment.id,
    position: from + index + 1,
    operation: attempt.operation,
    amount: attempt.amount,
    currency: payment.currency,
    outcome: attempt.outcome,
    failure_code: attempt.failureCode,
    sent: attempt.sent,
    reason: attempt.reason,
    requested_by: attempt.requestedBy,
    correlation_id: correlationId,
    causation_id: causationId ?? null,
    traceparent,
  });
  await tx.db.insertInto('attempt').values(fresh.map(column)).execute();
}

/** Lets the reconciler look into an unclear authorisation at once, now that it isn't wanted any more. */
async function hasten(tx: Tx<PaymentTables>, payment: Payment): Promise<void> {
  await tx.db
    .updateTable('attempt')
    .set({ next_try_at: sql<Date>`least(next_try_at, now())` })
    .where('payment_id', '=', payment.id)
    .where('operation', '=', 'AUTHORISE')
    .where('outcome', '=', 'UNKNOWN')
    .execute();
}
