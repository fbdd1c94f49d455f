import { Histogram } from 'prom-client';
import { inSpan } from '#platform/telemetry/span.ts';
import type { Ask, PaymentProvider } from '../ports.ts';

const seconds = new Histogram({
  name: 'shopverse_payment_provider_seconds',
  help: 'Time over a call to the payment provider, by call and kind of answer.',
  labelNames: ['provider', 'call', 'answer'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/** The provider, with a span and a measurement for each call. */
export function observedProvider(provider: PaymentProvider, url: URL): PaymentProvider {
  function observed<A extends { readonly kind: string }>(
    call: string,
    ask: (ask: Ask) => Promise<A>,
  ): (ask: Ask) => Promise<A> {
    const attributes = { 'server.address': url.hostname, 'shopverse.payment.provider': provider.name };
    return (asked) =>
      inSpan(`${provider.name} ${call}`, { kind: 'client', attributes }, async (span) => {
        const end = seconds.startTimer({ provider: provider.name, call });
        const answer = await ask(asked);
        end({ answer: answer.kind });
        span.setAttribute('shopverse.payment.answer', answer.kind);
        return answer;
      });
  }
  return {
    ...provider,
    authorise: observed('authorise', provider.authorise),
    capture: observed('capture', provider.capture),
    void: observed('void', provider.void),
    refund: observed('refund', provider.refund),
    find: observed('find', provider.find),
    forestall: observed('forestall', provider.forestall),
  };
}
