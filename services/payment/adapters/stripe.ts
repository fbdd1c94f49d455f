import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Stripe from 'stripe';
import type { Answer, Ask, Finding, Forestalled, PaymentProvider } from '../ports.ts';
import {
  failureAnswer,
  failureFinding,
  forestalledMark,
  heardOf,
  intentMessage,
  refundMessage,
} from './stripe-answers.ts';
import { readWebhook } from './stripe-webhook.ts';

/**
 * A provider that speaks Stripe's HTTP API: Stripe itself, stripe-mock, or our simulator. A payment is one
 * PaymentIntent with manual capture, created and confirmed in one call and found again by `payment_id` in its
 * metadata. `timeoutMs` is how long one call may take.
 */
export function stripeProvider(options: {
  readonly name: PaymentProvider['name'];
  readonly url: URL;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly timeoutMs: number;
}): PaymentProvider {
  const client = connect(options);
  return {
    name: options.name,

    authorise: (ask) =>
      answered(ask, async () => {
        const intent = await client.paymentIntents.create(
          { ...intentOf(ask), payment_method: ask.token, confirm: true, error_on_requires_action: true },
          { idempotencyKey: ask.key },
        );
        return heardOf(intentMessage(intent));
      }),

    capture: (ask) =>
      answered(ask, async () => {
        const amount = { amount_to_capture: Number(ask.amount) };
        const keyed = { idempotencyKey: ask.key };
        return heardOf(intentMessage(await client.paymentIntents.capture(ask.reference, amount, keyed)));
      }),

    void: (ask) =>
      answered(ask, async () => {
        const keyed = { idempotencyKey: ask.key };
        return heardOf(intentMessage(await client.paymentIntents.cancel(ask.reference, {}, keyed)));
      }),

    refund: (ask) =>
      answered(ask, async () => {
        const refund = await client.refunds.create(
          {
            payment_intent: ask.reference,
            amount: Number(ask.amount),
            metadata: { ...metadataOf(ask), attempt_key: ask.key },
          },
          { idempotencyKey: ask.key },
        );
        return heardOf(refundMessage(refund, ask.key));
      }),

    async find(ask) {
      try {
        return ask.operation === 'REFUND' ? await findRefund(client, ask) : await findIntent(client, ask);
      } catch (error) {
        return failureFinding(error);
      }
    },

    forestall: (ask) => forestall(client, ask),

    verifyWebhook: (body, signature) => readWebhook(client, options.webhookSecret, body, signature),
  };
}

function connect(options: {
  readonly url: URL;
  readonly apiKey: string;
  readonly timeoutMs: number;
}): Stripe {
  const { url, apiKey, timeoutMs } = options;
  const secure = url.protocol === 'https:';
  return new Stripe(apiKey, {
    host: url.hostname,
    port: url.port || (secure ? '443' : '80'),
    protocol: secure ? 'https' : 'http',
    timeout: timeoutMs,
    // Whether and how to repeat is decided by what the payment's state says, never by the transport.
    maxNetworkRetries: 0,
    telemetry: false,
    httpAgent: secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true }),
  });
}

async function answered(ask: Ask, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    return failureAnswer(ask, error);
  }
}

async function findIntent(client: Stripe, ask: Ask): Promise<Finding> {
  const intent =
    ask.reference === ''
      ? await searchIntent(client, ask.paymentId)
      : await client.paymentIntents.retrieve(ask.reference);
  if (intent === undefined) {
    return { kind: 'nothing' };
  }
  const isHeld = intent.status === 'requires_capture' && ask.operation !== 'AUTHORISE';
  return isHeld ? { kind: 'nothing' } : heardOf(intentMessage(intent));
}

/** Stripe's search lags behind by up to an hour, so that "none" is no proof; see `nextStep`. */
async function searchIntent(client: Stripe, paymentId: string): Promise<Stripe.PaymentIntent | undefined> {
  const found = await client.paymentIntents.search({
    query: `metadata['payment_id']:'${paymentId}'`,
    limit: 1,
  });
  return found.data[0];
}

async function findRefund(client: Stripe, ask: Ask): Promise<Finding> {
  for await (const refund of client.refunds.list({ payment_intent: ask.reference, limit: 100 })) {
    if (refund.metadata?.attempt_key === ask.key) {
      return heardOf(refundMessage(refund, ask.key));
    }
  }
  return { kind: 'nothing' };
}

/**
 * Sends the authorisation's key with another body: an intent that is never confirmed and holds nothing. Where the key
 * was used before, Stripe refuses the other body; where it wasn't, the authorisation will be refused from now on.
 */
async function forestall(client: Stripe, ask: Ask): Promise<Forestalled> {
  try {
    await client.paymentIntents.create(
      { ...intentOf(ask), metadata: { ...metadataOf(ask), [forestalledMark]: 'true' } },
      { idempotencyKey: ask.key },
    );
    return { kind: 'heard', message: { kind: 'no-hold', code: 'no_answer_in_time' } };
  } catch (error) {
    if (error instanceof Stripe.errors.StripeIdempotencyError) {
      return { kind: 'key-used' };
    }
    const answer = failureAnswer({ ...ask, operation: 'VOID' }, error);
    return answer.kind === 'heard' ? answer : { kind: 'unclear', code: answer.code };
  }
}

function intentOf(ask: Ask) {
  return {
    amount: Number(ask.amount),
    currency: ask.currency.toLowerCase(),
    capture_method: 'manual',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    metadata: metadataOf(ask),
  } satisfies Stripe.PaymentIntentCreateParams;
}

function metadataOf(ask: Ask): Record<string, string> {
  return { payment_id: ask.paymentId, order_id: ask.orderId };
}
