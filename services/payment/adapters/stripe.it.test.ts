import assert from 'node:assert/strict';
import { test } from 'node:test';
import Stripe from 'stripe';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { Ask } from '../ports.ts';
import { startStripeMock, stripeMockBinary } from '../testing/stripe-mock.ts';
import { stripeProvider } from './stripe.ts';

const binary = await stripeMockBinary();
const skip = 'missing' in binary ? binary.missing : false;

function ask(operation: Ask['operation']): Ask {
  return {
    key: `stripe-mock:${operation}`,
    operation,
    paymentId: '0192f0a0-0000-7000-8000-000000000001',
    orderId: '0192f0a0-0000-7000-8000-000000000002',
    amount: 1_234n,
    currency: 'USD',
    token: 'pm_card_visa',
    reference: operation === 'AUTHORISE' ? '' : 'pi_123',
  };
}

test('every request of the adapter is one that Stripe describes', { skip, timeout: 60_000 }, async () => {
  assert.ok('path' in binary);
  const mock = await startStripeMock(binary.path);
  try {
    const provider = stripeProvider({
      name: 'stripe',
      url: mock.url,
      apiKey: 'sk_test_123456',
      webhookSecret: 'whsec_of_nobody_at_all',
      timeoutMs: 20_000,
    });
    const answers = [
      await provider.authorise(ask('AUTHORISE')),
      await provider.capture(ask('CAPTURE')),
      await provider.void(ask('VOID')),
      await provider.refund(ask('REFUND')),
      await provider.find(ask('AUTHORISE')),
      await provider.find(ask('CAPTURE')),
      await provider.find(ask('REFUND')),
      await provider.forestall(ask('AUTHORISE')),
    ];
    for (const answer of answers) {
      assert.ok(answer.kind === 'heard' || answer.kind === 'nothing', JSON.stringify(answer));
    }
    const expected = [
      'POST /v1/payment_intents 200',
      'POST /v1/payment_intents/pi_123/capture 200',
      'POST /v1/payment_intents/pi_123/cancel 200',
      'POST /v1/refunds 200',
      'GET /v1/payment_intents/search 200',
      'GET /v1/payment_intents/pi_123 200',
      'GET /v1/refunds 200',
      'POST /v1/payment_intents 200',
    ];
    await waitFor('the last request to be told of', () => mock.seen.length >= expected.length);
    assert.deepEqual(mock.seen, expected);

    // That the mock can find fault at all.
    const { hostname: host, port } = mock.url;
    const client = new Stripe('sk_test_123456', { host, port, protocol: 'http', maxNetworkRetries: 0 });
    const wrong = { amount: 'much', currency: 'usd' } as unknown as Stripe.PaymentIntentCreateParams;
    await assert.rejects(client.paymentIntents.create(wrong), Stripe.errors.StripeInvalidRequestError);
  } finally {
    await mock.stop();
  }
});
