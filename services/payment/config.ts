import { z } from 'zod';
import { ConfigError, readConfig } from '#platform/config/config.ts';

const stripeUrl = 'https://api.stripe.com';

/** How the provider is reached. Times in milliseconds. */
export type PaymentConfig = {
  readonly provider: 'simulator' | 'stripe';
  readonly url: URL;
  readonly apiKey: string;
  readonly webhookSecret: string;
  /** How long one call to the provider may take before its outcome counts as unknown. */
  readonly timeoutMs: number;
};

/** The service's own settings. Throws ConfigError naming what is missing or wrong. */
export function readPaymentConfig(environment?: NodeJS.ProcessEnv): PaymentConfig {
  const read = readConfig(
    {
      PAYMENT_PROVIDER: z.enum(['simulator', 'stripe']).default('simulator'),
      PAYMENT_PROVIDER_URL: z.url().optional(),
      PAYMENT_PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(100).max(80_000).default(5_000),
      PAYMENT_WEBHOOK_SECRET: z.string().min(16),
      STRIPE_API_KEY: z.string().min(8).optional(),
    },
    environment,
  );
  const provider = read.PAYMENT_PROVIDER;
  if (provider === 'stripe' && read.STRIPE_API_KEY === undefined) {
    throw new ConfigError('STRIPE_API_KEY is missing.');
  }
  if (provider === 'simulator' && read.PAYMENT_PROVIDER_URL === undefined) {
    throw new ConfigError('PAYMENT_PROVIDER_URL is missing.');
  }
  return {
    provider,
    url: new URL(read.PAYMENT_PROVIDER_URL ?? stripeUrl),
    // The simulator wants a key as Stripe does, and takes any.
    apiKey: read.STRIPE_API_KEY ?? 'sk_test_simulator',
    webhookSecret: read.PAYMENT_WEBHOOK_SECRET,
    timeoutMs: read.PAYMENT_PROVIDER_TIMEOUT_MS,
  };
}
