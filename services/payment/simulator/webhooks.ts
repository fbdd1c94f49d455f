import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from './bank.ts';
import type { Script } from './cards.ts';
import type { Entry } from './objects.ts';

/** Tells the shop what happened, in the way that the card's script says. */
export type WebhookSender = {
  /** Resolves when the event may be thought of as sent; only `first` waits for its delivery. */
  send(entry: Entry, script: Script | undefined): Promise<void>;
};

/** Stripe's events come some time after the answer, too. */
const promptMs = 1_000;
const lateMs = 5_000;
/** How long an event is held back for the next one to overtake it. */
const heldMs = 3_000;
const deliveryTimeoutMs = 5_000;
const maxTries = 6;
const maxUnderWay = 5_000;

/** A sender of events signed as Stripe signs them. A delivery that isn't answered 2xx is tried again, six times in all. */
export function webhookSender(options: {
  readonly url: string | undefined;
  readonly secret: string;
  readonly onGivenUp: (event: { readonly id: string; readonly type: string }) => void;
}): WebhookSender {
  const { url, secret, onGivenUp } = options;
  const held = new Map<string, () => void>();
  let underWay = 0;

  async function deliver(event: Event): Promise<void> {
    // A provider's memory has an end too; what it forgets, the shop finds out by asking.
    if (url === undefined || underWay >= maxUnderWay) {
      return;
    }
    underWay++;
    try {
      for (let tries = 1; tries <= maxTries; tries++) {
        if (await post(url, secret, event)) {
          return;
        }
        await sleep(500 * 2 ** tries);
      }
      onGivenUp(event);
    } finally {
      underWay--;
    }
  }

  return {
    async send(entry, script) {
      const event = eventOf(entry);
      if (event === undefined || url === undefined) {
        return;
      }
      const intent = entry.intent.id;
      switch (script?.webhooks) {
        case 'none':
          return;
        case 'first':
          await Promise.race([deliver(event), sleep(2_000)]);
          return;
        case 'thrice':
          void Promise.all([deliver(event), deliver(event), deliver(event)]);
          return;
        case 'late':
          setTimeout(() => void deliver(event), lateMs).unref();
          return;
        case 'reordered': {
          const overtaken = held.get(intent);
          if (overtaken !== undefined) {
            void deliver(event).then(overtaken);
            return;
          }
          const release = () => {
            clearTimeout(timer);
            held.delete(intent);
            void deliver(event);
          };
          const timer = setTimeout(release, heldMs).unref();
          held.set(intent, release);
          return;
        }
        default:
          setTimeout(() => void deliver(event), promptMs).unref();
      }
    },
  };
}

type Event = { readonly id: string; readonly type: string; readonly body: string };

function eventOf(entry: Entry): Event | undefined {
  const type = typeOf(entry);
  if (type === undefined) {
    return undefined;
  }
  const id = newId('evt');
  const body = JSON.stringify({
    id,
    object: 'event',
    created: Math.floor(Date.parse(entry.time) / 1000),
    type,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: entry.key },
    data: { object: entry.refund ?? entry.intent },
  });
  return { id, type, body };
}

function typeOf(entry: Entry): string | undefined {
  switch (entry.operation) {
    case 'authorise':
      return entry.outcome === 'succeeded'
        ? 'payment_intent.amount_capturable_updated'
        : 'payment_intent.payment_failed';
    case 'capture':
      return entry.outcome === 'succeeded' ? 'payment_intent.succeeded' : undefined;
    case 'void':
    case 'abandon':
      return 'payment_intent.canceled';
    case 'refund':
      return 'refund.created';
    case 'return':
      return 'refund.failed';
    case 'create':
      return 'payment_intent.created';
    default:
      return entry.operation satisfies never;
  }
}

async function post(url: string, secret: string, event: Event): Promise<boolean> {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${event.body}`).digest('hex');
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${signature}` },
      body: event.body,
      signal: AbortSignal.timeout(deliveryTimeoutMs),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not there, or too slow: it is tried again.
    return false;
  }
}
