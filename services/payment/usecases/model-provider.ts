import type { Message } from '../domain/messages.ts';
import type { Answer, Ask, Finding, Forestalled, PaymentProvider } from '../ports.ts';

/** How the network treats one call. */
export type Fault = 'none' | 'lost-request' | 'delayed-request' | 'lost-answer' | 'not-sent';

/** What the card does. */
export type Card = 'good' | 'declined' | 'capture-fails' | 'first-refund-fails';

/** A money movement that the provider made. */
export type Movement = { readonly key: string; readonly operation: string; readonly amount: bigint };

/** A provider in memory with Stripe's contract, for the simulation of interleavings. */
export type ModelProvider = PaymentProvider & {
  /** The faults of the next calls, in their order; afterwards the network is well. */
  readonly faults: Fault[];
  readonly movements: readonly Movement[];
  /** What webhooks would tell, oldest first. */
  readonly told: readonly Message[];
  status(): 'none' | 'forestalled' | 'declined' | 'held' | 'captured' | 'canceled';
  /** Lets the oldest delayed request arrive at last, its client long gone; false when there is none. */
  arrive(): boolean;
  /** Lets the hold run out by itself, if there is one. */
  expire(): void;
};

/** A new provider, for one payment with this card, of so much in minor units. */
export function modelProvider(card: Card, amount = 100n): ModelProvider {
  let status: ReturnType<ModelProvider['status']> = 'none';
  let expired = false;
  let captured = 0n;
  const answers = new Map<string, { readonly operation: string; readonly answer: Answer }>();
  const refunds = new Map<string, bigint>();
  const movements: Movement[] = [];
  const told: Message[] = [];
  const faults: Fault[] = [];
  const underWay: (() => void)[] = [];
  const reference = 'pi_model';
  let refusals = card === 'first-refund-fails' ? 1 : 0;

  function heard(message: Message): { readonly kind: 'heard'; readonly message: Message } {
    told.push(message);
    return { kind: 'heard', message };
  }

  async function call(ask: Ask, act: () => Answer): Promise<Answer> {
    const fault = faults.shift() ?? 'none';
    if (fault === 'lost-request') {
      return { kind: 'unclear', code: 'lost' };
    }
    if (fault === 'not-sent') {
      return { kind: 'not-sent', code: 'ECONNREFUSED' };
    }
    if (fault === 'delayed-request') {
      underWay.push(() => perform(ask, act));
      return { kind: 'unclear', code: 'lost' };
    }
    const answer = perform(ask, act);
    return fault === 'lost-answer' ? { kind: 'unclear', code: 'lost' } : answer;
  }

  function perform(ask: Ask, act: () => Answer): Answer {
    const before = answers.get(ask.key);
    if (before !== undefined && before.operation !== ask.operation) {
      return { kind: 'unclear', code: 'idempotency_error' };
    }
    const answer = before?.answer ?? act();
    if (answer.kind === 'heard') {
      answers.set(ask.key, { operation: ask.operation, answer });
    }
    return answer;
  }

  function moved(ask: Ask, message: Message): Answer {
    movements.push({ key: ask.key, operation: ask.operation, amount: ask.amount });
    return heard(message);
  }

  function intent(): Message | undefined {
    switch (status) {
      case 'held':
        return { kind: 'authorised', reference, amount };
      case 'captured':
        return { kind: 'captured', reference, amount: captured };
      case 'canceled':
        return expired ? { kind: 'expired' } : { kind: 'voided' };
      case 'declined':
        return { kind: 'declined', code: 'no' };
      case 'forestalled':
        return { kind: 'no-hold', code: 'forestalled' };
      case 'none':
        return undefined;
      default:
        return status satisfies never;
    }
  }

  return {
    name: 'simulator',
    faults,
    movements,
    told,
    status: () => status,
    arrive() {
      const request = underWay.shift();
      request?.();
      return request !== undefined;
    },
    expire() {
      if (status === 'held') {
        status = 'canceled';
        expired = true;
        heard({ kind: 'expired' });
      }
    },
    authorise: (ask) =>
      call(ask, () => {
        // A second intent for the same payment is what must never happen.
        if (status !== 'none') {
          throw new Error(`authorised again while ${status}`);
        }
        if (card === 'declined') {
          status = 'declined';
          return heard({ kind: 'declined', code: 'no' });
        }
        status = 'held';
        return moved(ask, { kind: 'authorised', reference, amount: ask.amount });
      }),
    capture: (ask) =>
      call(ask, () => {
        if (status !== 'held') {
          return { kind: 'unclear', code: 'payment_intent_unexpected_state' };
        }
        if (card === 'capture-fails') {
          return { kind: 'heard', message: { kind: 'capture-failed', code: 'no' } };
        }
        status = 'captured';
        captured = ask.amount;
        return moved(ask, { kind: 'captured', reference, amount: ask.amount });
      }),
    void: (ask) =>
      call(ask, () => {
        if (status !== 'held') {
          return { kind: 'unclear', code: 'payment_intent_unexpected_state' };
        }
        status = 'canceled';
        return moved(ask, { kind: 'voided' });
      }),
    refund: (ask) =>
      call(ask, () => {
        if (refusals-- > 0) {
          return { kind: 'heard', message: { kind: 'refund-failed', key: ask.key, code: 'no' } };
        }
        const paid = [...refunds.values()].reduce((sum, amount) => sum + amount, 0n);
        if (status !== 'captured' || paid + ask.amount > captured) {
          throw new Error('more was paid back than was taken');
        }
        refunds.set(ask.key, ask.amount);
        return moved(ask, { kind: 'refunded', key: ask.key });
      }),
    async find(ask): Promise<Finding> {
      if ((faults.shift() ?? 'none') !== 'none') {
        return { kind: 'unclear', code: 'lost' };
      }
      if (ask.operation === 'REFUND') {
        const message = { kind: 'refunded', key: ask.key } as const;
        return refunds.has(ask.key) ? { kind: 'heard', message } : { kind: 'nothing' };
      }
      const message = intent();
      const isHeld = message?.kind === 'authorised' && ask.operation !== 'AUTHORISE';
      return message === undefined || isHeld ? { kind: 'nothing' } : { kind: 'heard', message };
    },
    async forestall(ask): Promise<Forestalled> {
      const other = { ...ask, operation: 'VOID' as const };
      const answer = await call(other, () => {
        status = 'forestalled';
        return { kind: 'heard', message: { kind: 'no-hold', code: 'forestalled' } };
      });
      if (answer.kind === 'unclear' && answer.code === 'idempotency_error') {
        return { kind: 'key-used' };
      }
      return answer.kind === 'not-sent' ? { kind: 'unclear', code: answer.code } : answer;
    },
    verifyWebhook: () => ({ kind: 'forged' }),
  };
}
