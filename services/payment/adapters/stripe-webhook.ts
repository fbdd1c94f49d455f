import Stripe from 'stripe';
import type { Webhook } from '../ports.ts';
import { intentMessage, refundMessage } from './stripe-answers.ts';

/** How old a signature may be, in seconds: Stripe's own default. */
const toleranceSeconds = 300;

/** What a webhook says, if Stripe signed it with `secret`, unaltered and lately. */
export function readWebhook(client: Stripe, secret: string, body: Uint8Array, signature: string): Webhook {
  let event: Stripe.Event;
  try {
    event = client.webhooks.constructEvent(Buffer.from(body), signature, secret, toleranceSeconds);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
      return { kind: 'forged' };
    }
    throw error;
  }
  return { kind: 'event', id: event.id, type: event.type, ...contentOf(event) };
}

function contentOf(event: Stripe.Event): Pick<Extract<Webhook, { kind: 'event' }>, 'paymentId' | 'message'> {
  switch (event.type) {
    case 'payment_intent.amount_capturable_updated':
    case 'payment_intent.succeeded':
    case 'payment_intent.canceled':
    case 'payment_intent.payment_failed': {
      const intent = event.data.object;
      return { paymentId: paymentIdOf(intent.metadata), message: intentMessage(intent) };
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed': {
      const refund = event.data.object;
      const key = refund.metadata?.attempt_key;
      return {
        paymentId: paymentIdOf(refund.metadata),
        message: key === undefined ? undefined : refundMessage(refund, key),
      };
    }
    default:
      return { paymentId: undefined, message: undefined };
  }
}

/** Our payment's id, where the object was made by us. */
function paymentIdOf(metadata: Stripe.Metadata | null): string | undefined {
  const id = metadata?.payment_id ?? '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}
