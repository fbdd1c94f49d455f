import { newAttempt, onlyKey } from './attempt.ts';
import type { Payment } from './payment.ts';

/** What an order asks to be paid. The amount is in minor units, never negative. */
export type PaymentRequest = {
  readonly paymentId: string;
  readonly orderId: string;
  readonly userId: string;
  readonly currency: string;
  readonly amount: bigint;
};

/** A payment that was just asked for, with its authorisation yet to be attempted; where nothing is to be paid, without. */
export function requested(request: PaymentRequest): Payment {
  const { paymentId: id, orderId, userId, currency, amount } = request;
  return {
    id,
    orderId,
    userId,
    state: 'PENDING',
    currency,
    amount,
    authorised: 0n,
    captured: 0n,
    refunded: 0n,
    owed: 0n,
    cancelling: false,
    reference: '',
    declineCode: '',
    version: 0n,
    attempts:
      amount === 0n ? [] : [newAttempt({ key: onlyKey(id, 'AUTHORISE'), operation: 'AUTHORISE', amount })],
  };
}
