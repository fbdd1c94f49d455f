import type { Message } from '../domain/messages.ts';
import type { PaymentWriter } from '../ports.ts';

/**
 * Tells a payment what its order's fact means for it. Throws when there is no such payment or it can't have come to
 * this: facts of one order come in order, so a person must look at what went missing.
 */
export async function followOrder(
  payments: PaymentWriter,
  paymentId: string,
  message: Extract<Message, { kind: 'capture-requested' | 'cancel-requested' }>,
): Promise<void> {
  const applied = await payments.apply(paymentId, message);
  if (applied.kind === 'unknown-payment') {
    throw new Error(`There is no payment ${paymentId} to follow its order with ${message.kind}`);
  }
  if (applied.kind === 'refused') {
    throw new Error(`Payment ${paymentId} refuses ${message.kind}: ${applied.refusal}`);
  }
}
