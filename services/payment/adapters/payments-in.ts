import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { Held } from '#platform/db/held.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { type Change, evolve, isFact, type Payment } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Applied, PaymentWriter } from '../ports.ts';
import { paymentEvent } from './payment-events.ts';
import { toPayment } from './rows.ts';
import { hasten, insertPayment, type NewEntry, savePayment } from './save-payment.ts';
import { attemptColumns, type PaymentTables, paymentColumns } from './tables.ts';

/** Payments within a transaction. `provider` is the name that new payments are stored under. */
export function paymentsIn(tx: Tx<PaymentTables>, provider: string): PaymentWriter {
  return {
    insert: (request) => insertPayment(tx, requested(request), { ...request, provider }),

    lock: (paymentIds) => lockPayments(tx, paymentIds),

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

/**
 * Locks payments with their attempts until the transaction ends, so that no worker claims one meanwhile, in an order
 * that all transactions keep to. Two statements: one that waited for a payment's lock would not see the attempts that
 * the holder added.
 */
export async function lockPayments(tx: Tx<PaymentTables>, paymentIds: readonly string[]): Promise<void> {
  const ids = sql<string>`any(${[...new Set(paymentIds)]}::uuid[])`;
  const rows = await tx.db
    .selectFrom('payment')
    .select(paymentColumns)
    .where('payment_id', '=', ids)
    .orderBy('payment_id')
    .forUpdate()
    .execute();
  const attempts = await tx.db
    .selectFrom('attempt')
    .select(attemptColumns)
    .where('payment_id', '=', ids)
    .orderBy('payment_id')
    .orderBy('position')
    .forUpdate()
    .execute();
  const byPayment = Map.groupBy(attempts, (attempt) => attempt.payment_id);
  held.keep(
    tx.db,
    rows.map((row) => {
      const own = byPayment.get(row.payment_id) ?? [];
      const claims = new Map(own.map((attempt) => [attempt.idempotency_key, attempt.claim]));
      return [row.payment_id, { payment: toPayment(row, own), claims }];
    }),
  );
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
