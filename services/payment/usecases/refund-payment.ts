import { isOpen, refundKey } from '../domain/attempt.ts';
import type { RefundWish, Refusal } from '../domain/messages.ts';
import type { PaymentStore, PaymentWriter, StoredPayment } from '../ports.ts';

/** What came of asking for a refund. */
export type RefundIntent =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly refusal: Refusal | 'unknown-payment' };

/** Stores the wish to pay back, checked against what is left under the payment's lock. The call comes after. */
export async function intendRefund(
  payments: PaymentWriter,
  paymentId: string,
  refund: RefundWish,
): Promise<RefundIntent> {
  const applied = await payments.apply(paymentId, { kind: 'refund-requested', refund });
  switch (applied.kind) {
    case 'applied':
      return { kind: 'stored' };
    case 'refused':
      return { kind: 'refused', refusal: applied.refusal };
    case 'unknown-payment':
      return { kind: 'refused', refusal: 'unknown-payment' };
    default:
      return applied satisfies never;
  }
}

/** What became of a refund: done, refused by the provider with its word, or not known when the wait was over. */
export type RefundOutcome =
  | { readonly kind: 'refunded'; readonly payment: StoredPayment }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'unsettled' };

/**
 * Waits until a stored refund is settled, by whichever replica or webhook, or the signal is aborted. `worked` resolves
 * when the attempt with a key was worked on in this process, or after a moment.
 */
export async function awaitRefund(
  store: Pick<PaymentStore, 'find'>,
  refund: { readonly paymentId: string; readonly which: string },
  worked: (key: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<RefundOutcome> {
  const key = refundKey(refund.paymentId, refund.which);
  for (;;) {
    const hint = worked(key, signal);
    const payment = await store.find(refund.paymentId);
    const attempt = payment?.attempts.find((candidate) => candidate.key === key);
    if (payment === undefined || attempt === undefined) {
      throw new Error(`Refund ${key} was stored and is not there`);
    }
    if (!isOpen(attempt)) {
      return attempt.outcome === 'SUCCEEDED' || attempt.outcome === 'RETURNED'
        ? { kind: 'refunded', payment }
        : { kind: 'failed', code: attempt.failureCode };
    }
    if (signal.aborted) {
      return { kind: 'unsettled' };
    }
    await hint;
  }
}
