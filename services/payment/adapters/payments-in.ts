import { randomUUID } from 'node:crypto';
import type { Tx } from '#platform/db/database.ts';
import { Together } from '#platform/db/together.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { evolve, isFact, type Payment, type Change as Step } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Applied, PaymentWriter } from '../ports.ts';
import { type LockedPayment, selectLocked } from './lock-payment.ts';
import { currentOrigin } from './origin.ts';
import { paymentEvent } from './payment-events.ts';
import {
  type Change,
  hasten,
  insertPayment,
  insertWebhook,
  type NewEntry,
  savePayments,
} from './save-payment.ts';
import type { PaymentTables } from './tables.ts';

/** Payments within a transaction. `provider` is the name that new payments are stored under. */
export function paymentsIn(tx: Tx<PaymentTables>, provider: string): PaymentWriter {
  return {
    insert: (request) => insertPayment(tx, requested(request), { ...request, provider }),

    together: (paymentIds) => paymentsTogether.begin(tx, paymentIds),

    async apply(paymentId, message) {
      const locked = await paymentsTogether.lock(tx, paymentId);
      return locked === undefined ? { kind: 'unknown-payment' } : applyTo(tx, locked, message);
    },

    noteWebhook: (event) => insertWebhook(tx, event),
  };
}

/** What messages lock and change, which a batch may do together. */
export const paymentsTogether = new Together<PaymentTables, LockedPayment, Change>({
  select: selectLocked,
  write,
});

/** Decides what a message makes of a locked payment, and stores what follows. */
export async function applyTo(
  tx: Tx<PaymentTables>,
  locked: LockedPayment,
  message: Message,
): Promise<Exclude<Applied, { kind: 'unknown-payment' }>> {
  const decision = decide(locked.payment, message);
  if (decision.kind === 'refused') {
    return { kind: 'refused', refusal: decision.refusal };
  }
  const payment = await save(tx, locked, decision.changes);
  return { kind: 'applied', payment, opened: payment.attempts.length - locked.payment.attempts.length };
}

async function save(
  tx: Tx<PaymentTables>,
  { payment: before, claims }: LockedPayment,
  changes: readonly Step[],
): Promise<Payment> {
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
  const change = { before, after: payment, entries, origin: currentOrigin() };
  await paymentsTogether.change(tx, payment.id, { payment, claims }, change);
  return payment;
}

async function write(tx: Tx<PaymentTables>, changes: readonly Change[]): Promise<void> {
  await savePayments(tx, changes);
  for (const { before, after } of changes) {
    if (after.state === 'UNKNOWN' && after.cancelling && !before.cancelling) {
      await hasten(tx, after);
    }
  }
}
