import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Database, Tx } from '#platform/db/database.ts';
import { factsOf, topicOf } from '#platform/events/domain-event.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Envelope } from './envelope.ts';

/** What a handler gets beside the fact. Its whole effect goes through `tx`: it may run again after a rollback. */
export type Message<T> = {
  readonly tx: Tx<T>;
  readonly envelope: Envelope;
  readonly log: Logger;
};

/** A fact that a transaction is about to take. */
export type Upcoming = { readonly envelope: Envelope; readonly fact: unknown };

/** Writes what the handlers of a transaction changed together. */
export type Conclude = () => Promise<void>;

/** A topic and what is done about its facts, with the facts' types erased. Made by `subscribe`. */
export type Subscription<T> = {
  readonly topic: string;
  readonly schema: DescMessage;
  /** The local name of the oneof that holds the facts. */
  readonly oneof: string;
  /** By the oneof's case. */
  readonly handlers: Readonly<Record<string, (fact: never, message: Message<T>) => Promise<void>>>;
};

/** A consumer as data: who it is, where its inbox lies and what it listens to. */
export type Consumer = {
  /** The consumer group, such as `shopverse.payment.orders`. */
  readonly name: string;
  readonly topics: readonly string[];
  /** The name of its failpoints' step. */
  readonly step: string;
  readonly batchSize: number;
  // biome-ignore lint/suspicious/noExplicitAny: paired with the subscriptions' type where the consumer is declared.
  readonly together: ((facts: readonly Upcoming[], tx: Tx<any>) => Promise<Conclude>) | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly database: Database<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly subscriptions: ReadonlyMap<string, Subscription<any>>;
};

type FactUnion<M> = {
  [K in keyof M]: M[K] extends { case: string | undefined; value?: unknown } ? M[K] : never;
}[keyof M];

type Fact<E extends DescMessage> = Extract<FactUnion<MessageShape<E>>, { case: string }>;

/** Handlers by the fact's case in the oneof; a fact without one is a declared skip. */
export type FactHandlers<E extends DescMessage, T> = {
  readonly [C in Fact<E>['case']]?: (
    fact: Extract<Fact<E>, { case: C }>['value'],
    message: Message<T>,
  ) => Promise<void>;
};

/** What a consumer does about the facts of one topic: that which the message type declares. */
export function subscribe<E extends DescMessage, T>(
  schema: E,
  handlers: FactHandlers<E, T>,
): Subscription<T> {
  const oneof = factsOf(schema);
  return {
    topic: topicOf(schema),
    schema,
    oneof: oneof.localName,
    handlers: handlers as Subscription<T>['handlers'],
  };
}

/**
 * A consumer whose inbox row, effect, outbox rows and offset are one transaction, in batches: every fact has exactly
 * one effect, in the order of its key. A fact whose handler keeps throwing parks its key: later facts of that key
 * wait behind it in order, other keys go on. Throws TypeError when two subscriptions share a topic.
 */
export function consumer<T>(definition: {
  readonly name: string;
  readonly database: Database<T>;
  readonly on: readonly Subscription<NoInfer<T>>[];
  /** What its failpoints are called, such as `order.checkout`; its own name by default. */
  readonly step?: string;
  /**
   * Called before the handlers, with the facts that they will take in this transaction: to lock in one statement what
   * they would one by one. What it resolves to is called after the last handler: to write in one statement what they
   * changed. A handler may run without either, when its fact is tried again.
   */
  readonly together?: (facts: readonly Upcoming[], tx: Tx<NoInfer<T>>) => Promise<Conclude>;
  /** The most facts in one transaction; 200 by default, fewer where handlers lock rows that others want. */
  readonly batchSize?: number;
}): Consumer {
  const subscriptions = new Map(definition.on.map((subscription) => [subscription.topic, subscription]));
  if (subscriptions.size !== definition.on.length) {
    throw new TypeError(`${definition.name} subscribes to a topic twice`);
  }
  return {
    name: definition.name,
    topics: [...subscriptions.keys()],
    step: definition.step ?? definition.name,
    batchSize: definition.batchSize ?? 200,
    together: definition.together,
    database: definition.database,
    subscriptions,
  };
}
