import { randomUUID } from 'node:crypto';
import type { Tx } from '#platform/db/database.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { type Change, evolve, isFact, type Payment } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Applied, PaymentWriter } from '../ports.ts';
import { paymentEvent } from './payment-events.ts';
import { toPayment } from './rows.ts';
import { hasten, insertPayment, type NewEntry, savePayment } from './save-payment.ts';
import type { PaymentTables } from './tables.ts';

/** Payments within a transaction. `provider` is the name that new payments are stored under. */
export function paymentsIn(tx: Tx<PaymentTables>, provider: string): PaymentWriter {
  return {
    insert: (request) => insertPayment(tx, requested(request), { ...request, provider }),

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
  const entries: NewEntry[] = [];
  for (const change of changes) {
    const transactionId = randomUUID();
    entries.push(...postings(payment, change).map((posting) => ({ transactionId, ...posting })));
    payment = evolve(payment, change);
    if (isFact(change)) {
      tx.append(paymentEvent(payment, change));
    }
  }
  await savePayment(tx, before, payment, entries);
  if (payment.state === 'UNKNOWN' && payment.cancelling && !before.cancelling) {
    await hasten(tx, payment);
  }
  return payment;
}
