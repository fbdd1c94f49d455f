import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentStore } from '../ports.ts';

const hourMs = 60 * 60 * 1000;

/** The provider repeats an event for three days at the most; ten times that is kept. In milliseconds. */
const keptMs = 30 * 24 * hourMs;

/** Forgets, once an hour, webhook events that can't come again. Returns when the signal is aborted. */
export async function forgetWebhooks(
  store: Pick<PaymentStore, 'forgetWebhooks'>,
  clock: { now(): Date },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await store.forgetWebhooks(new Date(clock.now().getTime() - keptMs));
    await sleep(hourMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
  }
}
