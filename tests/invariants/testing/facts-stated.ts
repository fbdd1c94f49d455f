import { hash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { InventoryEventSchema } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { UserEventSchema } from '#gen/shopverse/user/v1/user_events_pb.ts';
import type { ConsumedRecord } from '#platform/kafka/kafka.ts';

/** A fact as a service's outbox has it. */
export type Stated = {
  readonly service: string;
  readonly topic: string;
  readonly subject: string;
  readonly sequence: number;
  /** Such as `shopverse.order.v1.OrderPlaced`. */
  readonly type: string;
  readonly id: string;
  readonly payload: Buffer;
  headers: Record<string, string>;
};

/** When everything in the tests' shop happened. */
export const someTime = '2026-01-02T03:04:05.000Z';

const schemas = {
  order: OrderEventSchema,
  inventory: InventoryEventSchema,
  payment: PaymentEventSchema,
  cart: CartEventSchema,
  user: UserEventSchema,
} as const;

type Schemas = typeof schemas;

/** A text's UUID, always the same. */
export function idOf(name: string): string {
  const digits = hash('md5', name);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `7${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}

/** Facts of one aggregate, numbered from 1. */
export function stated<S extends keyof Schemas>(
  service: S,
  subject: string,
  ...events: MessageInitShape<Schemas[S]>['event'][]
): Stated[] {
  const schema = schemas[service];
  return events.map((event, at) => {
    const message = create(
      schema as typeof OrderEventSchema,
      { event } as MessageInitShape<typeof OrderEventSchema>,
    );
    const field = schema.oneofs[0]?.fields.find(({ localName }) => localName === message.event.case);
    const type = field?.message?.typeName ?? '';
    const id = idOf(`${subject} ${at + 1}`);
    return {
      service,
      topic: `shopverse.${service}.v1`,
      subject,
      sequence: at + 1,
      type,
      id,
      payload: Buffer.from(toBinary(schema as typeof OrderEventSchema, message)),
      headers: {
        ce_id: id,
        ce_type: type,
        ce_source: service,
        ce_subject: subject,
        ce_time: someTime,
        ce_specversion: '1.0',
        ce_dataschema: schema.typeName,
        'content-type': 'application/protobuf',
        ce_sequence: String(at + 1),
        ce_correlationid: idOf('a request'),
        ce_causationid: idOf('a request'),
        traceparent: `00-${hash('md5', subject)}-${hash('md5', subject).slice(16)}-00`,
      },
    };
  });
}

/** The facts as Kafka has them, each key in one of three partitions. */
export function asRecords(facts: readonly Stated[]): ConsumedRecord[] {
  const next = new Map<string, bigint>();
  return facts.map(({ topic, subject, payload, headers }) => {
    const partition = Number.parseInt(hash('md5', subject).slice(0, 2), 16) % 3;
    const offset = next.get(`${topic}/${partition}`) ?? 0n;
    next.set(`${topic}/${partition}`, offset + 1n);
    return {
      topic,
      partition,
      offset,
      timestamp: new Date(someTime),
      key: Buffer.from(subject),
      value: payload,
      headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const),
    };
  });
}
