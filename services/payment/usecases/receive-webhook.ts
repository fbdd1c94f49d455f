import type { Logger } from '#platform/log/logger.ts';
import { decide } from '../domain/decide.ts';
import type { Message } from '../domain/messages.ts';
import type { PaymentProvider, PaymentStore } from '../ports.ts';

/**
 * Takes a webhook: `forged` when the provider didn't send it, or not lately, or not so; otherwise it has had its
 * effect, now or when it came first. A message that the payment can't have come to is logged for a person.
 */
export async function receiveWebhook(
  parts: { readonly store: PaymentStore; readonly provider: PaymentProvider; readonly log: Logger },
  body: Uint8Array,
  signature: string,
): Promise<'forged' | 'taken' | 'repeated' | 'ignored'> {
  const webhook = parts.provider.verifyWebhook(body, signature);
  if (webhook.kind === 'forged') {
    return 'forged';
  }
  const { paymentId, message } = webhook;
  if (paymentId === undefined || message === undefined) {
    return 'ignored';
  }
  if (await isKnown(parts.store, paymentId, message)) {
    return 'ignored';
  }
  return parts.store.transaction(async (payments) => {
    if (!(await payments.noteWebhook(webhook))) {
      return 'repeated';
    }
    const applied = await payments.apply(paymentId, message);
    if (applied.kind === 'refused') {
      parts.log.error(
        { payment_id: paymentId, event: webhook.id, refusal: applied.refusal },
        'a webhook says what cannot be',
      );
    }
    return applied.kind === 'applied' ? 'taken' : 'ignored';
  });
}

/** Whether it tells nothing new, as most do: the answer to the call came first. Then there is nothing to write. */
async function isKnown(store: PaymentStore, paymentId: string, message: Message): Promise<boolean> {
  const payment = await store.find(paymentId);
  if (payment === undefined) {
    return true;
  }
  const decision = decide(payment, message);
  return decision.kind === 'accepted' && decision.changes.length === 0;
}
