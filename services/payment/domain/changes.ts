import { type Attempt, isOpen, newAttempt, onlyKey } from './attempt.ts';
import { type Change, evolve, type Payment } from './payment.ts';

/** Whether it is still open if there will be a hold. */
export function unheld(payment: Payment): boolean {
  return payment.state === 'PENDING' || payment.state === 'UNKNOWN';
}

/** Whether there is nothing to pay, so that the provider has no part in it. */
export function isFree(payment: Payment): boolean {
  return payment.amount === 0n;
}

/** The open attempt at an operation that a payment has one of at a time. */
export function openOne(payment: Payment, operation: Attempt['operation']): Attempt | undefined {
  return payment.attempts.find((attempt) => attempt.operation === operation && isOpen(attempt));
}

/** The change that asks for a capture or a void. */
export function open(payment: Payment, operation: 'CAPTURE' | 'VOID', amount: bigint): Change {
  return {
    kind: 'attempt-opened',
    attempt: newAttempt({ key: onlyKey(payment.id, operation), operation, amount }),
  };
}

/** The change that asks for the hold to be given up. */
export function openVoid(payment: Payment): Change {
  return open(payment, 'VOID', payment.amount);
}

/** What settles the open attempt at an operation, if there is one. */
export function succeeded(payment: Payment, operation: Attempt['operation']): Change[] {
  const attempt = openOne(payment, operation);
  return attempt === undefined
    ? []
    : [{ kind: 'attempt-settled', key: attempt.key, outcome: 'SUCCEEDED', code: '' }];
}

/** The same, when it came to nothing. */
export function failed(payment: Payment, operation: Attempt['operation'], code: string): Change[] {
  const attempt = openOne(payment, operation);
  return attempt === undefined
    ? []
    : [{ kind: 'attempt-settled', key: attempt.key, outcome: 'FAILED', code }];
}

/** The payment as changes leave it. */
export function after(payment: Payment, changes: readonly Change[]): Payment {
  return changes.reduce(evolve, payment);
}
