import type { Consumer, Message } from '#platform/consumer/consumer.ts';
import { runConsumer } from '#platform/consumer/run-consumer.ts';
import type { Database } from '#platform/db/database.ts';
import { deadLetterRetries } from '#platform/deadletter/retry-worker.ts';
import { relay } from '#platform/outbox/relay.ts';
import type { AnyHandler } from '#platform/rpc/bind.ts';
import type { HttpHandler } from '#platform/service/http-handler.ts';
import type { Service } from '#platform/service/service.ts';
import { supervise } from '#platform/service/supervise.ts';
import type { CartTables } from '../../../services/cart/adapters/tables.ts';
import { createConsumers as cartConsumers } from '../../../services/cart/consumers.ts';
import type { Tables as InventoryTables } from '../../../services/inventory/adapters/tables.ts';
import { createConsumers as inventoryConsumers } from '../../../services/inventory/consumers.ts';
import { createWorkers as inventoryWorkers } from '../../../services/inventory/workers.ts';
import type { OrderTables } from '../../../services/order/adapters/tables.ts';
import { checkoutConsumer } from '../../../services/order/consumers.ts';
import { deadlineWorker } from '../../../services/order/deadlines.ts';
import type { CartQuotes, OrderChanges } from '../../../services/order/ports.ts';
import { orderRpc } from '../../../services/order/rpc.ts';
import type { PaymentTables } from '../../../services/payment/adapters/tables.ts';
import { paymentService } from '../../../services/payment/service.ts';
import { nobody } from '../engine/scheduler.ts';
import { memoryDatabase, watching } from '../memory/connection.ts';
import { providerTimeoutMs, type SimulatedProvider } from './provider.ts';
import { asProcess, type Life, type Replica, type World } from './world.ts';

/** How long orders wait, in milliseconds: shorter than in a shop, so that runs are. */
const waits = {
  ReserveDeadline: 4_000,
  PaymentDeadline: 7_000,
  CaptureDeadline: 6_000,
  CompensationDeadline: 5_000,
};
const reservationHoldMs = 12_000;
const reservationSweepMs = 2_000;

/** What a running service can be asked, by the methods' and routes' names. */
export type Running = {
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly routes: Readonly<Record<string, HttpHandler>>;
};

/** What the services need of the world beside the database and the broker. */
export type Outside = { readonly provider: SimulatedProvider; readonly quotes: CartQuotes };

/** Starts replicas as runService does, and starts them again after each crash. */
export class Replicas {
  readonly #world: World;
  readonly #outside: Outside;
  readonly #running = new Map<Life, Running>();

  constructor(world: World, outside: Outside) {
    this.#world = world;
    this.#outside = outside;
  }

  add(service: Replica['service'], number: number): void {
    const replica: Replica = { service, instance: `${service}-${number}`, life: undefined };
    this.#world.replicas.push(replica);
    this.start(replica);
  }

  /** Begins a life of a replica. */
  start(replica: Replica): void {
    const life: Life = {
      name: replica.instance,
      alive: true,
      stoppedUntil: 0,
      replica,
      connections: new Set(),
    };
    replica.life = life;
    this.#world.note(`${life.name} starts`);
    asProcess(life, () => void this.#boot(life));
  }

  /** A running replica of a service, if there is one. */
  running(service: Replica['service']): { readonly life: Life; readonly running: Running } | undefined {
    const there = this.#world.replicas.flatMap(({ life }) => {
      const running = life && this.#running.get(life);
      return life?.alive && life.replica.service === service && running !== undefined
        ? [{ life, running }]
        : [];
    });
    return there.length === 0 ? undefined : this.#world.chance.shop.pick(there);
  }

  /** Brings a webhook to a running payment service. Says whether it was taken. */
  takeWebhook(
    { life, running }: { readonly life: Life; readonly running: Running },
    event: string,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      this.#world.scheduler.after(4_000, () => resolve(false), nobody);
      const bring = async () => {
        const request = {
          headers: { 'stripe-signature': 'simulated' },
          body: Buffer.from(event),
          url: new URL('http://payment.invalid/webhooks/stripe'),
        };
        try {
          const answer = await running.routes['POST /webhooks/stripe']?.(
            request as Parameters<HttpHandler>[0],
          );
          resolve(answer?.status === 200);
        } catch {
          resolve(false);
        }
      };
      asProcess(life, () => void bring());
    });
  }

  async #boot(life: Life): Promise<void> {
    const { broker } = this.#world;
    const log = this.#world.logger();
    const service = this.#compose(life);
    const { database, consumers = [], workers = [] } = service;
    await ready(service, () => this.#world.scheduler.sleep(300, life));
    const kafka = broker.kafka();
    const all = [
      ...(database === undefined ? [] : [relay(database, kafka, log)]),
      ...consumers.map((consumer) => deadLetterRetries(consumer, log)),
      ...workers.filter(({ name }) => !watchers.has(name)),
    ];
    const { signal } = new AbortController();
    for (const worker of all) {
      void supervise(worker, signal, log);
    }
    for (const consumer of consumers) {
      runConsumer(consumer, { kafka, log });
    }
    this.#running.set(life, {
      handlers: Object.assign({}, ...service.rpc.map(({ handlers }) => handlers)),
      routes: service.routes ?? {},
    });
  }

  #compose(life: Life): Service {
    const { service } = life.replica;
    const world = this.#world;
    const clock = { now: () => new Date(world.scheduler.now) };
    const ids = { uuid: () => world.uuid() };
    const log = world.logger();
    const database = <T>(): Database<T> =>
      memoryDatabase<T>(
        world.servers[service],
        world.lineFrom(life, world.servers[service]),
        { service, clock, ids },
        (connection) => life.connections.add(connection),
      );
    const watched = (consumers: readonly Consumer[]) => consumers.map((one) => this.#watched(one));
    switch (service) {
      case 'order': {
        const own = database<OrderTables>();
        const ports = {
          surroundings: { now: () => clock.now(), uuid: () => ids.uuid(), waits },
          observer: this.#observer,
        };
        const rpc = orderRpc({
          ...ports,
          database: own,
          carts: this.#outside.quotes,
          changes: undefined as unknown as OrderChanges,
          policy: { deliveryFee: 499n, maxUnsettled: 3 },
        });
        return {
          rpc: [rpc],
          database: own,
          consumers: watched([checkoutConsumer(own, ports)]),
          workers: [deadlineWorker(own, ports, log)],
        };
      }
      case 'inventory': {
        const own = database<InventoryTables>();
        return {
          rpc: [],
          database: own,
          consumers: watched(inventoryConsumers(own, { clock, ids, holdMs: reservationHoldMs })),
          workers: inventoryWorkers(own, { clock, ids, everyMs: reservationSweepMs }),
        };
      }
      case 'payment': {
        const config = {
          provider: 'simulator' as const,
          url: new URL('http://provider.invalid'),
          apiKey: '',
          webhookSecret: '',
          timeoutMs: providerTimeoutMs,
        };
        const composed = paymentService(
          { log, clock, instance: life.replica.instance },
          database<PaymentTables>(),
          config,
          this.#outside.provider.port(),
        );
        return { ...composed, consumers: watched(composed.consumers ?? []) };
      }
      case 'cart': {
        const own = database<CartTables>();
        const lifetimes = { user: 1e9, guest: 1e9 };
        // The catalogue's prices are not simulated.
        const consumers = cartConsumers(own, { clock, ids, lifetimes }).slice(0, 1);
        return { rpc: [], database: own, consumers: watched(consumers) };
      }
      default:
        return service satisfies never;
    }
  }

  readonly #observer = {
    placed: () => {},
    advanced: (before: { orderId: string; state: string }, message: { type: string }, advanced: object) => {
      const edge = 'edge' in advanced ? (advanced.edge as { name: string }).name : undefined;
      if (edge !== undefined) {
        this.#world.coverage.edge(edge);
      }
      this.#world.note(
        `order ${before.orderId} is ${before.state}, hears ${message.type}: ${edge ?? 'ignored'}`,
      );
    },
  };

  /** The consumer, with its effects counted beside them, and with handlers that fail at first as the seed says. */
  #watched(consumer: Consumer): Consumer {
    const world = this.#world;
    type Handler = (fact: never, message: Message<unknown>) => Promise<void>;
    const watch =
      (handler: Handler): Handler =>
      async (fact, message) => {
        const { envelope, tx } = message;
        const effect = `${consumer.name}/${envelope.id}`;
        if (world.fails(effect)) {
          throw new Error('The seed has this handler fail.');
        }
        await handler(fact, message);
        await watching(tx.db, (memory) => {
          const before = memory.get<Effect>('effect', effect);
          const order = memory.server.draw('effect');
          memory.write('effect', effect, {
            consumer: consumer.name,
            topic: envelope.topic,
            subject: envelope.subject,
            sequence: envelope.sequence,
            times: (before?.times ?? 0) + 1,
            order: before?.order ?? order,
          } satisfies Effect);
        });
      };
    const subscriptions = [...consumer.subscriptions].map(
      ([topic, subscription]) =>
        [
          topic,
          {
            ...subscription,
            handlers: Object.fromEntries(
              Object.entries(subscription.handlers).map(([name, handler]) => [name, watch(handler)]),
            ),
          },
        ] as const,
    );
    return { ...consumer, subscriptions: new Map(subscriptions) };
  }
}

/** What a handler has done, committed with it. */
export type Effect = {
  readonly consumer: string;
  readonly topic: string;
  readonly subject: string;
  readonly sequence: bigint;
  readonly times: number;
  /** Of the first time. */
  readonly order: bigint;
};

/** Workers that only tell Prometheus, or clean up after days. */
const watchers = new Set(['payment.open-attempts', 'payment.forget-webhooks']);

async function ready(service: Service, pause: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await service.warm?.();
      return;
    } catch {
      // A real process ends and is started again.
      await pause();
    }
  }
}
