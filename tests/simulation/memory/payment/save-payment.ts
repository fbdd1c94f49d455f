import type { Tx } from '#platform/db/database.ts';
import { currentOrigin } from '../../../../services/payment/adapters/origin.ts';
import type { Change, NewEntry } from '../../../../services/payment/adapters/save-payment.ts';
import type { PaymentTables } from '../../../../services/payment/adapters/tables.ts';
import { type Attempt, isOpen } from '../../../../services/payment/domain/attempt.ts';
import type { Payment } from '../../../../services/payment/domain/payment.ts';
import { statement } from '../connection.ts';
import { databaseError, type MemoryTransaction } from '../server.ts';
import { type AttemptRow, attemptsOf, type LedgerRow, type PaymentRow } from './rows.ts';

export type { Change, NewEntry };

export async function insertPayment(
  tx: Tx<PaymentTables>,
  payment: Payment,
  given: { readonly provider: string; readonly token: string; readonly deadline: Date },
): Promise<boolean> {
  const origin = currentOrigin();
  return statement(tx.db, async (memory) => {
    const now = new Date();
    const row: PaymentRow = {
      payment_id: payment.id,
      order_id: payment.orderId,
      user_id: payment.userId,
      ...bucketsOf(payment),
      currency: payment.currency,
      amount: payment.amount,
      provider: given.provider,
      payment_method_token: given.token,
      deadline: given.deadline,
      revision: 1n,
      created_at: now,
      updated_at: now,
    };
    if (!(await memory.insert('payment', payment.id, row))) {
      return false;
    }
    if (!(await memory.insert('payment_of_order', payment.orderId, {}))) {
      throw databaseError('23505', 'duplicate key value', 'payment_order_id_key');
    }
    await openAttempts(memory, payment, 0, origin);
    return true;
  });
}

export async function savePayments(tx: Tx<PaymentTables>, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    await savePayment(tx, change);
  }
}

async function savePayment(tx: Tx<PaymentTables>, { before, after, entries, origin }: Change): Promise<void> {
  await statement(tx.db, async (memory) => {
    const now = new Date();
    const row = await memory.locked<PaymentRow>('payment', after.id);
    if (row === undefined) {
      return;
    }
    const authorising = after.attempts.some(
      (attempt) => attempt.operation === 'AUTHORISE' && isOpen(attempt),
    );
    memory.put('payment', after.id, {
      ...row,
      ...bucketsOf(after),
      revision: row.revision + 1n,
      updated_at: now,
      payment_method_token: authorising ? row.payment_method_token : '',
    });
    for (const [index, was] of before.attempts.entries()) {
      const is = after.attempts[index];
      if (is !== undefined && (was.outcome !== is.outcome || was.failureCode !== is.failureCode)) {
        const attempt = await memory.locked<AttemptRow>('attempt', is.key);
        memory.put('attempt', is.key, {
          ...attempt,
          outcome: is.outcome,
          failure_code: is.failureCode,
          settled_at: isOpen(is) ? null : now,
        });
      }
    }
    await openAttempts(memory, after, before.attempts.length, origin);
    for (const entry of entries) {
      const line: LedgerRow = { ...entry, paymentId: after.id, currency: after.currency };
      memory.write('ledger_entry', String(memory.server.draw('ledger_entry')), line);
    }
  });
}

export async function hasten(tx: Tx<PaymentTables>, payment: Payment): Promise<void> {
  await statement(tx.db, async (memory) => {
    const now = new Date();
    for (const found of attemptsOf(memory, payment.id)) {
      if (found.operation === 'AUTHORISE' && found.outcome === 'UNKNOWN') {
        const attempt = await memory.locked<AttemptRow>('attempt', found.idempotency_key);
        if (attempt !== undefined && attempt.next_try_at > now) {
          memory.put('attempt', found.idempotency_key, { ...attempt, next_try_at: now });
        }
      }
    }
  });
}

export function insertWebhook(
  tx: Tx<PaymentTables>,
  event: { readonly id: string; readonly type: string; readonly paymentId: string | undefined },
): Promise<boolean> {
  return statement(tx.db, (memory) => memory.insert('webhook_event', event.id, event));
}

function bucketsOf(payment: Payment) {
  return {
    state: payment.state,
    authorised: payment.authorised,
    captured: payment.captured,
    refunded: payment.refunded,
    owed: payment.owed,
    cancelling: payment.cancelling,
    provider_reference: payment.reference,
    decline_code: payment.declineCode,
    version: payment.version,
  };
}

async function openAttempts(
  memory: MemoryTransaction,
  payment: Payment,
  from: number,
  origin: ReturnType<typeof currentOrigin>,
): Promise<void> {
  const now = new Date();
  for (const [index, attempt] of payment.attempts.entries()) {
    if (index >= from && !(await memory.insert('attempt', attempt.key, toRow(attempt, index + 1)))) {
      throw databaseError('23505', 'duplicate key value', 'attempt_pkey');
    }
  }

  function toRow(attempt: Attempt, position: number): AttemptRow {
    return {
      idempotency_key: attempt.key,
      payment_id: payment.id,
      position,
      operation: attempt.operation,
      amount: attempt.amount,
      currency: payment.currency,
      outcome: attempt.outcome,
      failure_code: attempt.failureCode,
      sent: attempt.sent,
      tries: 0,
      claim: 0n,
      claimed_by: '',
      next_try_at: now,
      reason: attempt.reason,
      requested_by: attempt.requestedBy,
      correlation_id: origin.correlationId,
      causation_id: origin.causationId ?? null,
      traceparent: origin.traceparent,
      created_at: now,
      settled_at: isOpen(attempt) ? null : now,
    };
  }
}
