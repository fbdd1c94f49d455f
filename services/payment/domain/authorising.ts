import { failed, openOne, openVoid, succeeded, unheld } from './changes.ts';
import type { Refusal } from './messages.ts';
import type { Change, Payment } from './payment.ts';

/** The provider holds the amount. */
export function authorised(payment: Payment, reference: string, amount: bigint): readonly Change[] | Refusal {
  // A hold that turns up after "no" was said must be given up; one that was recorded before is only heard again.
  const isStray = payment.authorised === 0n && (payment.state === 'DECLINED' || payment.state === 'VOIDED');
  if (!unheld(payment) && !isStray) {
    return [];
  }
  if (amount !== payment.amount) {
    return 'amount-mismatch';
  }
  const held: Change[] = [{ kind: 'authorised', reference }, ...succeeded(payment, 'AUTHORISE')];
  return payment.cancelling || isStray ? [...held, { kind: 'cancel-wished' }, openVoid(payment)] : held;
}

/** The card said no. */
export function declined(payment: Payment, code: string): readonly Change[] {
  return unheld(payment) ? [{ kind: 'declined', code }, ...failed(payment, 'AUTHORISE', code)] : [];
}

/** The authorisation did not take effect, and can't any more. */
export function noHold(payment: Payment, code: string): readonly Change[] {
  if (!unheld(payment)) {
    return [];
  }
  const fact: Change = payment.cancelling ? { kind: 'voided' } : { kind: 'declined', code };
  return [fact, ...failed(payment, 'AUTHORISE', code)];
}

/** An attempt may or may not have happened. */
export function unclear(payment: Payment, key: string, code: string): readonly Change[] {
  const attempt = payment.attempts.find((candidate) => candidate.key === key);
  if (attempt?.outcome !== 'PENDING') {
    return [];
  }
  const settled: Change = { kind: 'attempt-settled', key, outcome: 'UNKNOWN', code };
  return attempt.operation === 'AUTHORISE' ? [{ kind: 'outcome-unknown' }, settled] : [settled];
}

/** The hold is gone, and a capture under way has come too late. */
export function released(payment: Payment, fact: { readonly kind: 'voided' | 'expired' }): readonly Change[] {
  if (payment.state !== 'AUTHORISED') {
    return [];
  }
  const late: Change[] =
    openOne(payment, 'CAPTURE') === undefined
      ? []
      : [{ kind: 'capture-failed', code: fact.kind }, ...failed(payment, 'CAPTURE', fact.kind)];
  const own = fact.kind === 'voided' ? succeeded(payment, 'VOID') : failed(payment, 'VOID', 'expired');
  return [fact, ...own, ...late];
}
