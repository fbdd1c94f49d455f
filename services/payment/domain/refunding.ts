import { type Attempt, isOpen, newAttempt, refundKey } from './attempt.ts';
import { after } from './changes.ts';
import type { RefundWish, Refusal } from './messages.ts';
import { type Change, type Payment, refundable } from './payment.ts';

/** A person pays back what was captured, or a part of it. */
export function refundRequested(payment: Payment, refund: RefundWish): readonly Change[] | Refusal {
  const key = refundKey(payment.id, refund.which);
  if (payment.attempts.some((attempt) => attempt.key === key)) {
    return [];
  }
  if (payment.state !== 'CAPTURED' || payment.cancelling) {
    return 'not-refundable';
  }
  if (refund.currency !== undefined && refund.currency !== payment.currency) {
    return 'currency-mismatch';
  }
  const left = refundable(payment);
  const amount = refund.amount ?? left;
  if (amount <= 0n || amount > left) {
    return 'refund-too-large';
  }
  const { reason, requestedBy } = refund;
  return [
    {
      kind: 'attempt-opened',
      attempt: newAttempt({ key, operation: 'REFUND', amount, reason, requestedBy }),
    },
  ];
}

/** The refund with this key is done. */
export function refunded(payment: Payment, key: string): readonly Change[] {
  const attempt = openRefund(payment, key);
  if (attempt === undefined) {
    return [];
  }
  const all = payment.refunded + attempt.amount === payment.captured;
  return [
    { kind: all ? 'refunded-in-full' : 'refunded-in-part', amount: attempt.amount },
    { kind: 'attempt-settled', key, outcome: 'SUCCEEDED', code: '' },
  ];
}

/** The provider refused the refund with this key; or it was done, and the customer's bank sent it back. */
export function refundFailed(payment: Payment, key: string, code: string): readonly Change[] {
  const done = payment.attempts.find((attempt) => attempt.key === key && attempt.outcome === 'SUCCEEDED');
  if (done !== undefined) {
    return [
      { kind: 'refund-returned', amount: done.amount, code },
      { kind: 'attempt-settled', key, outcome: 'RETURNED', code },
    ];
  }
  if (openRefund(payment, key) === undefined) {
    return [];
  }
  const over: Change[] = [{ kind: 'attempt-settled', key, outcome: 'FAILED', code }];
  return payment.cancelling ? [...over, ...refundAll(after(payment, over))] : over;
}

/** Asks for all that is left to be paid back, once more if it failed before. */
export function refundAll(payment: Payment): readonly Change[] {
  const amount = refundable(payment);
  if (amount === 0n) {
    return [];
  }
  const before = payment.attempts.filter((attempt) => attempt.operation === 'REFUND').length;
  const key = refundKey(payment.id, `cancel-${before + 1}`);
  return [{ kind: 'attempt-opened', attempt: newAttempt({ key, operation: 'REFUND', amount }) }];
}

function openRefund(payment: Payment, key: string): Attempt | undefined {
  return payment.attempts.find((attempt) => attempt.key === key && isOpen(attempt));
}
