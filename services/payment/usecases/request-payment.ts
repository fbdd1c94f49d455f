import type { PaymentRequest } from '../domain/request.ts';
import type { PaymentWriter } from '../ports.ts';

/**
 * Stores a payment that an order asks for, with the key of its authorisation, for the workers to call the provider.
 * Where nothing is to be paid it is authorised at once. The same payment again changes nothing.
 */
export async function requestPayment(
  payments: PaymentWriter,
  request: PaymentRequest & { readonly token: string; readonly deadline: Date },
): Promise<void> {
  const isNew = await payments.insert(request);
  if (isNew && request.amount === 0n) {
    await payments.apply(request.paymentId, { kind: 'authorised', reference: '', amount: 0n });
  }
}
