import {
  create,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { topic as topicOption } from '#gen/shopverse/options/v1/options_pb.ts';

/** A fact, encoded and on its way to the outbox. Its id, time and causes are given when it is appended. */
export type DomainEvent = {
  readonly topic: string;
  /** `Order` for the facts of OrderEvent. */
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** Gapless per aggregate, from 1. The database refuses a number that was used before. */
  readonly sequence: bigint;
  /** The fact's full message name, such as `shopverse.order.v1.OrderPlaced`. */
  readonly type: string;
  /** The full name of the message that the payload is, which also names the version. */
  readonly dataschema: string;
  readonly payload: Uint8Array;
};

/**
 * A fact about an aggregate, for `tx.append`. `event` sets the one oneof of the topic's message to the fact.
 * Throws TypeError when the message declares no topic, no fact is set, or the sequence isn't a positive integer.
 */
export function domainEvent<E extends DescMessage>(
  schema: E,
  aggregate: { readonly id: string; readonly sequence: number | bigint },
  event: MessageInitShape<E>,
): DomainEvent {
  const message = create(schema, event);
  const oneof = factsOf(schema);
  const fact = (message as unknown as Record<string, { case: string | undefined }>)[oneof.localName];
  const field = oneof.fields.find((candidate) => candidate.localName === fact?.case);
  if (field?.message === undefined) {
    throw new TypeError(`${schema.typeName} has no fact set`);
  }
  const sequence = BigInt(aggregate.sequence);
  if (sequence < 1n || aggregate.id === '') {
    throw new TypeError(`${schema.typeName} of "${aggregate.id}" can't have the sequence ${sequence}`);
  }
  return {
    topic: topicOf(schema),
    aggregateType: schema.name.replace(/Event$/, ''),
    aggregateId: aggregate.id,
    sequence,
    type: field.message.typeName,
    dataschema: schema.typeName,
    payload: toBinary(schema, message),
  };
}

/** The topic that a message is declared to be the value of. Throws TypeError when it isn't of any. */
export function topicOf(schema: DescMessage): string {
  const known = topics.get(schema);
  if (known !== undefined) {
    return known;
  }
  if (!hasOption(schema, topicOption)) {
    throw new TypeError(`${schema.typeName} declares no topic`);
  }
  const { name } = getOption(schema, topicOption);
  topics.set(schema, name);
  return name;
}

/** Reading an option decodes it each time, which costs as much as encoding an event. */
const topics = new WeakMap<DescMessage, string>();

/** The oneof whose cases are a topic's facts. Throws TypeError unless the message has exactly one oneof. */
export function factsOf(schema: DescMessage): DescOneof {
  const [oneof, ...others] = schema.oneofs;
  if (oneof === undefined || others.length > 0) {
    throw new TypeError(`${schema.typeName} must have one oneof, of its facts`);
  }
  return oneof;
}
