import { randomUUID } from 'node:crypto';
import type { Tx } from '#platform/db/database.ts';
import { Held } from '#platform/db/held.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { type Change, evolve, isFact, type Payment } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Applied, PaymentWriter } from '../ports.ts';
import { type LockedPayment, selectLocked } from './lock-payment.ts';
import { paymentEvent } from './payment-events.ts';
import { hasten, insertPayment, insertWebhook, type NewEntry, savePayment } from './save-payment.ts';
import type { PaymentTables } from './tables.ts';

/** Payments within a transaction. `provider` is the name that new payments are stored under. */
export function paymentsIn(tx: Tx<PaymentTables>, provider: string): PaymentWriter {
  return {
    insert: (request) => insertPayment(tx, requested(request), { ...request, provider }),

    lock: (paymentIds) => lockPayments(tx, paymentIds),

    async apply(paymentId, message) {
      const locked = await lockPayment(tx, paymentId);
      return locked === undefined ? { kind: 'unknown-payment' } : applyTo(tx, locked.payment, message);
    },

    noteWebhook: (event) => insertWebhook(tx, event),
  };
}

const held = new Held<LockedPayment>();

/** The payment as locked by `lockPayments` before, or locked now. */
export async function lockPayment(
  tx: Tx<PaymentTables>,
  paymentId: string,
): Promise<LockedPayment | undefined> {
  const payment = held.take(tx.db, paymentId);
  if (payment !== undefined) {
    return payment;
  }
  await lockPayments(tx, [paymentId]);
  return held.take(tx.db, paymentId);
}

/** Locks payments at once, so that `lockPayment` finds them. */
export async function lockPayments(tx: Tx<PaymentTables>, paymentIds: readonly string[]): Promise<void> {
  held.keep(tx.db, await selectLocked(tx, paymentIds));
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
