import type { Selectable } from 'kysely';
import type { Attempt } from '../domain/attempt.ts';
import type { Payment } from '../domain/payment.ts';
import type { StoredPayment } from '../ports.ts';
import type { PaymentTables } from './tables.ts';

type PaymentRow = Selectable<PaymentTables['payment']>;
type AttemptRow = Selectable<PaymentTables['attempt']>;

/** A payment of its row and its attempts' rows, these in their order. */
export function toPayment(row: PaymentRow, attempts: readonly AttemptRow[]): Payment {
  return {
    id: row.payment_id,
    orderId: row.order_id,
    userId: row.user_id,
    state: row.state,
    currency: row.currency,
    amount: row.amount,
    authorised: row.authorised,
    captured: row.captured,
    refunded: row.refunded,
    owed: row.owed,
    cancelling: row.cancelling,
    reference: row.provider_reference,
    declineCode: row.decline_code,
    version: row.version,
    attempts: attempts.map(toAttempt),
  };
}

/** The same, with what people see beside it. */
export function toStoredPayment(row: PaymentRow, attempts: readonly AttemptRow[]): StoredPayment {
  return {
    ...toPayment(row, attempts),
    provider: row.provider,
    revision: row.revision,
    createTime: row.created_at,
    updateTime: row.updated_at,
    attemptTimes: attempts.map((attempt) => attempt.created_at),
  };
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    key: row.idempotency_key,
    operation: row.operation,
    amount: row.amount,
    outcome: row.outcome,
    failureCode: row.failure_code,
    sent: row.sent,
    reason: row.reason,
    requestedBy: row.requested_by,
  };
}
