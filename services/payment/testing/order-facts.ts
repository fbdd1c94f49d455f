import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { type OrderEvent, OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import type { Consumer } from '#platform/consumer/consumer.ts';
import { readRecord } from '#platform/consumer/incoming.ts';
import { takePortion } from '#platform/consumer/process-batch.ts';
import { domainEvent, topicOf } from '#platform/events/domain-event.ts';
import { eventHeaders } from '#platform/events/headers.ts';

type Fact = NonNullable<Exclude<MessageInitShape<typeof OrderEventSchema>, OrderEvent>['event']>;

const topic = topicOf(OrderEventSchema);
const source = { service: 'order', clock: { now: () => new Date() }, ids: { uuid: uuidv7 } };

/** An order with a payment, as its facts speak of them. */
export type TestOrder = {
  readonly orderId: string;
  readonly paymentId: string;
  readonly userId: string;
  readonly amount: bigint;
};

/** A new order over 25.00 USD, unless told otherwise. */
export function newOrder(of: Partial<TestOrder> = {}): TestOrder {
  return { orderId: uuidv7(), paymentId: uuidv7(), userId: uuidv7(), amount: 2_500n, ...of };
}

/** PaymentRequested. The order waits for `patienceMs`. */
export function paymentRequested(order: TestOrder, card: string, patienceMs = 60_000): Fact {
  return {
    case: 'paymentRequested',
    value: {
      orderId: order.orderId,
      paymentId: order.paymentId,
      userId: order.userId,
      amount: { currencyCode: 'USD', minorUnits: order.amount },
      paymentMethodToken: card,
      deadline: timestampFromDate(new Date(Date.now() + patienceMs)),
    },
  };
}

/** OrderConfirmed. */
export function orderConfirmed({ orderId, paymentId, userId, amount }: TestOrder): Fact {
  const total = { currencyCode: 'USD', minorUnits: amount };
  return { case: 'confirmed', value: { orderId, paymentId, userId, total } };
}

/** OrderCancellationStarted. */
export function cancellationStarted({ orderId, paymentId, userId }: TestOrder): Fact {
  return { case: 'cancellationStarted', value: { orderId, paymentId, userId } };
}

/** Gives facts to a consumer as the kernel does with what it read from Kafka: inbox, effect and outbox in one. */
export function deliverer(consumer: Consumer): (...facts: readonly Fact[]) => Promise<void> {
  let offset = 0n;
  // A topic of its own in the consumer's books, so that several may deliver into one database.
  const partition = Math.floor(Math.random() * 1_000_000);
  return async (...facts) => {
    const subscription = consumer.subscriptions.get(topic);
    if (subscription === undefined) {
      throw new Error(`${consumer.name} does not read ${topic}`);
    }
    const records = facts.map((fact) => {
      const event = domainEvent(
        OrderEventSchema,
        { id: fact.value?.orderId ?? '', sequence: 1 },
        { event: fact },
      );
      const headers = eventHeaders(source, uuidv7(), event);
      return {
        topic,
        partition,
        offset: offset++,
        key: Buffer.from(event.aggregateId),
        value: Buffer.from(toBinary(OrderEventSchema, create(OrderEventSchema, { event: fact }))),
        headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const),
      };
    });
    const incoming = records.map((record) => readRecord(subscription, record));
    const { signal } = new AbortController();
    await takePortion(consumer, { topic, partition, signal, records: incoming }, pino({ level: 'fatal' }));
  };
}
