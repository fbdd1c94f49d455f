import type {
  Answer,
  Ask,
  Finding,
  Forestalled,
  PaymentProvider,
  Webhook,
} from '../../../services/payment/ports.ts';
import {
  type Card,
  type Fault,
  type ModelProvider,
  type Movement,
  modelProvider,
} from '../../../services/payment/usecases/model-provider.ts';
import { currentProcess, nobody } from '../engine/scheduler.ts';
import type { PaymentRow } from '../memory/payment/rows.ts';
import type { World } from './world.ts';

const faults: readonly Fault[] = ['lost-request', 'delayed-request', 'lost-answer', 'not-sent'];

/** How long a call waits for the provider, in milliseconds. */
export const providerTimeoutMs = 1_000;

/** The payment provider: outside of all that is killed, and so what the payments are judged by. */
export class SimulatedProvider {
  readonly #world: World;
  readonly #payments = new Map<string, ModelProvider>();
  readonly #events = new Map<string, { readonly paymentId: string; readonly index: number }>();
  /** Brings a webhook to the payment service; false when it was not taken. */
  deliver: (event: string) => Promise<boolean> = async () => false;
  down = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** The money movements that were made, of each payment. */
  journal(): ReadonlyMap<string, readonly Movement[]> {
    return new Map([...this.#payments].map(([id, model]) => [id, model.movements]));
  }

  /** Whether the provider holds an amount for the payment at present. */
  holds(paymentId: string): boolean {
    return this.#payments.get(paymentId)?.status() === 'held';
  }

  /** Lets the requests that are under way arrive. */
  settle(): void {
    for (const model of this.#payments.values()) {
      while (model.arrive()) {}
    }
  }

  /** The provider as the payment service sees it. */
  port(): PaymentProvider {
    return {
      name: 'simulator',
      authorise: (ask) => this.#call(ask, (model) => model.authorise(ask)),
      capture: (ask) => this.#call(ask, (model) => model.capture(ask)),
      void: (ask) => this.#call(ask, (model) => model.void(ask)),
      refund: (ask) => this.#call(ask, (model) => model.refund(ask)),
      find: (ask) => this.#call<Finding>(ask, (model) => model.find(ask)),
      forestall: (ask) => this.#call<Forestalled>(ask, (model) => model.forestall(ask)),
      verifyWebhook: (body) => this.#verify(Buffer.from(body).toString()),
    };
  }

  async #call<A extends Answer | Finding | Forestalled>(
    ask: Ask,
    act: (model: ModelProvider) => Promise<A>,
  ): Promise<A> {
    const { scheduler, chance, faults: chances, coverage } = this.#world;
    const process = currentProcess();
    const model = this.#modelOf(ask);
    await scheduler.sleep(this.#world.latency(), process);
    const fault = this.down
      ? 'lost-request'
      : chance.faults.chance(chances.provider)
        ? chance.faults.pick(faults)
        : 'none';
    model.faults.splice(0, model.faults.length, fault);
    if (fault !== 'none') {
      coverage.fault(`provider: ${fault}`);
    }
    const told = model.told.length;
    let answer: A;
    try {
      answer = await act(model);
    } catch (error) {
      this.#world.violated(`I-23 the provider was asked for what it must never be asked: ${String(error)}`);
      throw error;
    }
    this.#world.note(`provider ${ask.operation} ${ask.key}: ${fault}, ${answer.kind}`);
    if (fault === 'delayed-request') {
      scheduler.after(
        chance.faults.between(500, 20_000),
        () => {
          const before = model.told.length;
          model.arrive();
          this.#tell(ask.paymentId, model, before);
        },
        nobody,
      );
    }
    this.#tell(ask.paymentId, model, told);
    if (
      model.status() === 'held' &&
      ask.operation === 'AUTHORISE' &&
      chance.faults.chance(chances.lostHold)
    ) {
      scheduler.after(chance.faults.between(0, 4_000), () => this.#loseHold(ask.paymentId, model), nobody);
    }
    await scheduler.sleep(fault === 'none' ? this.#world.latency() : providerTimeoutMs, process);
    return answer;
  }

  /** A hold lasts for days, and doubt for minutes: only what is known to be held runs out. */
  #loseHold(paymentId: string, model: ModelProvider): void {
    const known = this.#world.servers.payment.rows<PaymentRow>('payment');
    if (known.find((row) => row.payment_id === paymentId)?.state !== 'AUTHORISED') {
      return;
    }
    const before = model.told.length;
    model.expire();
    if (model.told.length > before) {
      this.#world.coverage.fault('provider: hold lost');
      // Nothing else would ever tell of it.
      this.#webhook(paymentId, before);
    }
  }

  /** Webhooks of what was said since: each none to three times, at any time, in any order. */
  #tell(paymentId: string, model: ModelProvider, from: number): void {
    const { chance, faults: chances } = this.#world;
    for (let index = from; index < model.told.length; index++) {
      const times = chance.faults.chance(chances.webhook) ? chance.faults.pick([0, 2, 3]) : 1;
      for (let time = 0; time < times; time++) {
        this.#webhook(paymentId, index);
      }
    }
  }

  #webhook(paymentId: string, index: number): void {
    const { scheduler, chance } = this.#world;
    const event = `evt_${paymentId}_${index}`;
    this.#events.set(event, { paymentId, index });
    const attempt = async () => {
      if (!(await this.deliver(event))) {
        scheduler.after(chance.latency.between(500, 3_000), () => void attempt(), nobody);
      }
    };
    scheduler.after(chance.latency.between(0, 3_000), () => void attempt(), nobody);
  }

  #verify(event: string): Webhook {
    const known = this.#events.get(event);
    const message = known && this.#payments.get(known.paymentId)?.told[known.index];
    return known === undefined
      ? { kind: 'forged' }
      : { kind: 'event', id: event, type: 'simulated', paymentId: known.paymentId, message };
  }

  #modelOf({ paymentId, token, amount, operation }: Ask): ModelProvider {
    const known = this.#payments.get(paymentId);
    if (known !== undefined) {
      return known;
    }
    if (operation !== 'AUTHORISE') {
      this.#world.violated(`I-23 ${operation} of ${paymentId}, which the provider never heard of`);
    }
    const model = modelProvider(cards[token] ?? 'good', amount);
    this.#payments.set(paymentId, model);
    return model;
  }
}

/** What the cards of the simulated customers do. */
export const cards: Readonly<Record<string, Card>> = {
  pm_good: 'good',
  pm_declined: 'declined',
  pm_capture_fails: 'capture-fails',
  pm_first_refund_fails: 'first-refund-fails',
};
