import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPaymentConfig } from './config.ts';

const secret = { PAYMENT_WEBHOOK_SECRET: 'whsec_0123456789abcdef' };

test('a provider must be reachable and, where it is Stripe, have a key', () => {
  assert.throws(() => readPaymentConfig({}), /PAYMENT_WEBHOOK_SECRET is missing/);
  assert.throws(() => readPaymentConfig(secret), /PAYMENT_PROVIDER_URL is missing/);
  assert.throws(
    () => readPaymentConfig({ ...secret, PAYMENT_PROVIDER: 'stripe' }),
    /STRIPE_API_KEY is missing/,
  );
  const stripe = readPaymentConfig({
    ...secret,
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_API_KEY: 'sk_live_of_nobody',
  });
  assert.equal(stripe.url.hostname, 'api.stripe.com');
});
