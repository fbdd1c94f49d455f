import { authorised } from './authorising.ts';
import { after, failed, isFree, open, openOne, openVoid, succeeded, unheld } from './changes.ts';
import type { Refusal } from './messages.ts';
import type { Change, Payment } from './payment.ts';
import { refundAll } from './refunding.ts';

/** The order is confirmed: what is held is to be taken. */
export function captureRequested(payment: Payment, amount: bigint): readonly Change[] | Refusal {
  switch (payment.state) {
    case 'PENDING':
    case 'UNKNOWN':
      return 'not-authorised';
    case 'AUTHORISED':
      if (payment.cancelling || payment.attempts.some((attempt) => attempt.operation === 'CAPTURE')) {
        return [];
      }
      if (isFree(payment)) {
        return [{ kind: 'captured', amount: 0n }];
      }
      return amount > 0n && amount <= payment.authorised
        ? [open(payment, 'CAPTURE', amount)]
        : [{ kind: 'capture-failed', code: 'amount_too_large' }];
    case 'DECLINED':
    case 'VOIDED':
    case 'EXPIRED':
      return payment.cancelling ? [] : [{ kind: 'capture-failed', code: payment.state.toLowerCase() }];
    case 'CAPTURED':
    case 'REFUNDED':
      return [];
    default:
      return payment.state satisfies never;
  }
}

/** The provider took the money. */
export function captured(payment: Payment, reference: string, amount: bigint): readonly Change[] | Refusal {
  if (unheld(payment)) {
    // The webhooks came in another order: what is taken was held before.
    const held = authorised(payment, reference, payment.amount);
    if (typeof held === 'string') {
      return held;
    }
    const taken = captured(after(payment, held), reference, amount);
    return typeof taken === 'string' ? taken : [...held, ...taken];
  }
  if (payment.state !== 'AUTHORISED') {
    return [];
  }
  if (amount <= 0n || amount > payment.authorised) {
    return 'amount-mismatch';
  }
  const taken: Change[] = [
    { kind: 'captured', amount },
    ...succeeded(payment, 'CAPTURE'),
    ...failed(payment, 'VOID', 'captured'),
  ];
  return payment.cancelling ? [...taken, ...refundAll(after(payment, taken))] : taken;
}

/** The provider refused to take the money, for good. */
export function captureFailed(payment: Payment, code: string): readonly Change[] {
  if (openOne(payment, 'CAPTURE') === undefined) {
    return [];
  }
  const over: Change[] = [{ kind: 'capture-failed', code }, ...failed(payment, 'CAPTURE', code)];
  return payment.cancelling && payment.state === 'AUTHORISED' ? [...over, openVoid(payment)] : over;
}
