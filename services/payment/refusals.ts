import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/payment/v1/payment_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';
import type { Refusal } from './domain/messages.ts';

/** NOT_FOUND: there is no such payment, or it isn't the caller's. */
export function paymentNotFound(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.PAYMENT_NOT_FOUND, 'There is no such payment.');
}

/** The domain's refusal of a refund, as its caller hears it. */
export function refundRefused(why: Refusal | 'unknown-payment'): RpcError {
  switch (why) {
    case 'unknown-payment':
      return paymentNotFound();
    case 'refund-too-large':
      return refusal(
        ErrorReasonSchema,
        ErrorReason.REFUND_TOO_LARGE,
        'That is more than was captured and is not paid back or on its way back.',
      );
    case 'currency-mismatch':
      return refusal(ErrorReasonSchema, ErrorReason.CURRENCY_MISMATCH, 'The payment is in another currency.');
    case 'not-refundable':
      return refusal(ErrorReasonSchema, ErrorReason.PAYMENT_STATE, 'This payment has nothing to pay back.');
    case 'not-authorised':
    case 'amount-mismatch':
      throw new Error(`A refund can't be refused as ${why}`);
    default:
      return why satisfies never;
  }
}

/** FAILED_PRECONDITION: the provider refused the refund for good, in its word. */
export function refundFailed(code: string): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.PAYMENT_STATE, 'The provider refused to pay this back.', {
    metadata: { failure_code: code },
  });
}

/** UNAVAILABLE: the provider has not answered; the refund is stored, and asking with the same id goes on waiting. */
export function providerUnavailable(): RpcError {
  const message = 'The provider has not answered yet. The same call again asks for the same refund.';
  return refusal(ErrorReasonSchema, ErrorReason.PROVIDER_UNAVAILABLE, message, { retryAfterMs: 1_000 });
}
