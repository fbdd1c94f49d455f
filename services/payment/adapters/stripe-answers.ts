import Stripe from 'stripe';
import type { Message } from '../domain/messages.ts';
import type { Answer, Ask, Finding, Unclear } from '../ports.ts';

/** The key in an intent's metadata that marks one made only to use an idempotency key up. */
export const forestalledMark = 'forestalled';

/** What an intent says has happened to its payment; undefined while that is open. */
export function intentMessage(intent: Stripe.PaymentIntent): Message | undefined {
  switch (intent.status) {
    case 'requires_capture':
      return { kind: 'authorised', reference: intent.id, amount: BigInt(intent.amount_capturable) };
    case 'succeeded':
      return { kind: 'captured', reference: intent.id, amount: BigInt(intent.amount_received) };
    case 'canceled':
      return ranOut(intent) ? { kind: 'expired' } : { kind: 'voided' };
    case 'requires_payment_method':
      if (forestalledMark in intent.metadata) {
        return { kind: 'no-hold', code: 'forestalled' };
      }
      return intent.last_payment_error === null
        ? undefined
        : { kind: 'declined', code: declineCode(intent.last_payment_error) };
    default:
      return undefined;
  }
}

/** What a refund says has happened; undefined while that is open. */
export function refundMessage(refund: Stripe.Refund, key: string): Message | undefined {
  switch (refund.status) {
    case 'succeeded':
      return { kind: 'refunded', key };
    case 'failed':
    case 'canceled':
      return { kind: 'refund-failed', key, code: refund.failure_reason ?? refund.status };
    default:
      return undefined;
  }
}

/** An answer or finding of a message; unclear where there is none yet. */
export function heardOf(message: Message | undefined): Extract<Answer, { kind: 'heard' }> | Unclear {
  return message === undefined ? { kind: 'unclear', code: 'processing' } : { kind: 'heard', message };
}

/** What a failed call means for the attempt. Throws what is no failure of the provider or the network. */
export function failureAnswer(ask: Ask, error: unknown): Answer {
  if (error instanceof Stripe.errors.StripeCardError) {
    return refused(ask, declineCode(error));
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    // The intent is not where we thought, so its own word is asked for before anything is concluded.
    return error.code === 'payment_intent_unexpected_state'
      ? { kind: 'unclear', code: error.code }
      : refused(ask, error.code ?? 'invalid_request');
  }
  if (
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  ) {
    return { kind: 'not-sent', code: error.rawType ?? error.type };
  }
  const code = lossCode(error);
  return notConnected.has(code) ? { kind: 'not-sent', code } : { kind: 'unclear', code };
}

/** The same for a question, which changes nothing whatever became of it. */
export function failureFinding(error: unknown): Finding {
  if (error instanceof Stripe.errors.StripeError) {
    return { kind: 'unclear', code: error.code ?? lossCode(error) };
  }
  throw error;
}

/** No connection was made, so nothing was sent. */
const notConnected: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

function refused(ask: Ask, code: string): Answer {
  switch (ask.operation) {
    case 'AUTHORISE':
      return { kind: 'heard', message: { kind: 'declined', code } };
    case 'CAPTURE':
      return {
        kind: 'heard',
        message:
          code === 'charge_expired_for_capture' ? { kind: 'expired' } : { kind: 'capture-failed', code },
      };
    case 'REFUND':
      return { kind: 'heard', message: { kind: 'refund-failed', key: ask.key, code } };
    case 'VOID':
      // A hold must not be left behind: it is asked about, and tried, until it is gone.
      return { kind: 'unclear', code };
    default:
      return ask.operation satisfies never;
  }
}

/** Why an answer was lost, by the network's word or the status. Throws what isn't the SDK's error. */
function lossCode(error: unknown): string {
  if (!(error instanceof Stripe.errors.StripeError)) {
    throw error;
  }
  const detail: unknown = error.detail;
  if (detail instanceof Error && 'code' in detail && typeof detail.code === 'string') {
    return detail.code;
  }
  return error.statusCode === undefined ? error.type : `http_${error.statusCode}`;
}

function declineCode(error: { readonly decline_code?: string; readonly code?: string }): string {
  return error.decline_code ?? error.code ?? 'declined';
}

function ranOut(intent: Stripe.PaymentIntent): boolean {
  return intent.cancellation_reason === 'automatic' || intent.cancellation_reason === 'expired';
}
