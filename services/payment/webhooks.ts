import type { HttpHandler } from '#platform/service/http-handler.ts';

/** What is done with a webhook's raw body and signature; see `receiveWebhook`. */
export type TakeWebhook = (
  body: Uint8Array,
  signature: string,
) => Promise<'forged' | 'taken' | 'repeated' | 'ignored'>;

/**
 * The route that the provider calls: 400 for what it didn't send, else 200, with or without an effect, so that it
 * doesn't send the same again for days.
 */
export function webhookRoutes(take: TakeWebhook): Readonly<Record<string, HttpHandler>> {
  return {
    'POST /webhooks/stripe': async (request) => {
      const signature = request.headers['stripe-signature'];
      const taken = typeof signature === 'string' ? await take(request.body, signature) : 'forged';
      return taken === 'forged'
        ? { status: 400, body: 'The signature is not valid.' }
        : { status: 200, body: taken };
    },
  };
}
