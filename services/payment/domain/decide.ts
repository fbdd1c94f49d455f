import { authorised, declined, noHold, released, unclear } from './authorising.ts';
import { captured, captureFailed, captureRequested } from './capturing.ts';
import { failed, isFree, openOne, openVoid, unheld } from './changes.ts';
import type { Message, Refusal } from './messages.ts';
import type { Change, Payment } from './payment.ts';
import { refundAll, refunded, refundFailed, refundRequested } from './refunding.ts';

/** What a message comes to. No changes at all: it was heard before, or comes too late to matter. */
export type Decision =
  | { readonly kind: 'accepted'; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * The one decision about a payment: what a message makes of it. Total and pure, so that it doesn't matter whether an
 * answer, a webhook or the reconciler tells it, nor how late, how often or in which order they do.
 */
export function decide(payment: Payment, message: Message): Decision {
  const decided = react(payment, message);
  return typeof decided === 'string'
    ? { kind: 'refused', refusal: decided }
    : { kind: 'accepted', changes: decided };
}

function react(payment: Payment, message: Message): readonly Change[] | Refusal {
  switch (message.kind) {
    case 'authorised':
      return authorised(payment, message.reference, message.amount);
    case 'declined':
      return declined(payment, message.code);
    case 'no-hold':
      return noHold(payment, message.code);
    case 'unclear':
      return unclear(payment, message.key, message.code);
    case 'capture-requested':
      return captureRequested(payment, message.amount);
    case 'captured':
      return captured(payment, message.reference, message.amount);
    case 'capture-failed':
      return captureFailed(payment, message.code);
    case 'cancel-requested':
      return cancelRequested(payment);
    case 'voided':
      return unheld(payment) ? noHold(payment, 'canceled') : released(payment, { kind: 'voided' });
    case 'expired':
      return unheld(payment) ? noHold(payment, 'expired') : released(payment, { kind: 'expired' });
    case 'refund-requested':
      return refundRequested(payment, message.refund);
    case 'refunded':
      return refunded(payment, message.key);
    case 'refund-failed':
      return refundFailed(payment, message.key, message.code);
    default:
      return message satisfies never;
  }
}

function cancelRequested(payment: Payment): readonly Change[] {
  const wish: Change[] = payment.cancelling ? [] : [{ kind: 'cancel-wished' }];
  switch (payment.state) {
    case 'PENDING':
    case 'UNKNOWN': {
      const attempt = openOne(payment, 'AUTHORISE');
      const never = attempt !== undefined && !attempt.sent;
      return never ? [...wish, { kind: 'voided' }, ...failed(payment, 'AUTHORISE', 'cancelled')] : wish;
    }
    case 'AUTHORISED': {
      if (isFree(payment)) {
        return [...wish, { kind: 'voided' }];
      }
      // A capture under way is heard out first: it may have happened, and is then refunded.
      const busy = openOne(payment, 'CAPTURE') ?? openOne(payment, 'VOID');
      return busy === undefined ? [...wish, openVoid(payment)] : wish;
    }
    case 'CAPTURED':
      return isFree(payment)
        ? [...wish, { kind: 'refunded-in-full', amount: 0n }]
        : [...wish, ...refundAll(payment)];
    case 'DECLINED':
    case 'VOIDED':
    case 'REFUNDED':
    case 'EXPIRED':
      return [...wish, { kind: 'nothing-held' }];
    default:
      return payment.state satisfies never;
  }
}
