import { type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { factsOf } from '#platform/events/domain-event.ts';
import { headerName } from '#platform/events/headers.ts';
import type { ConsumedRecord, Header } from '#platform/kafka/kafka.ts';
import { textHeader } from '#platform/outbox/stored-headers.ts';
import type { Message, Subscription } from './consumer.ts';
import type { Envelope } from './envelope.ts';

/** What a dead letter needs to be tried again; a subset of a consumed record. */
export type RawRecord = Pick<ConsumedRecord, 'topic' | 'partition' | 'offset' | 'key' | 'value' | 'headers'>;

/** A record, understood as far as it could be. */
export type Incoming =
  | {
      readonly kind: 'fact';
      readonly record: RawRecord;
      readonly envelope: Envelope;
      readonly fact: unknown;
      /** Absent for a fact that nothing is done about. */
      readonly handler: ((fact: never, message: Message<unknown>) => Promise<void>) | undefined;
    }
  | { readonly kind: 'poison'; readonly record: RawRecord; readonly problem: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Reads a record's headers and value. A fact of a kind that this schema doesn't know yet, from a producer that is
 * ahead, is a fact without a handler; everything else that doesn't fit is poison, with the reason.
 */
// biome-ignore lint/suspicious/noExplicitAny: handlers are paired with their facts where the consumer is declared.
export function readRecord(subscription: Subscription<any>, record: RawRecord): Incoming {
  try {
    const envelope = readEnvelope(record);
    return { kind: 'fact', record, envelope, ...readFact(subscription, envelope, record) };
  } catch (error) {
    return { kind: 'poison', record, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws Error naming the first header that is missing or malformed. */
function readEnvelope(record: RawRecord): Envelope {
  const { headers } = record;
  const id = required(headers, headerName.id);
  const time = new Date(required(headers, headerName.time));
  const sequence = required(headers, headerName.sequence);
  if (!uuid.test(id)) {
    throw new Error(`The header ${headerName.id} is no UUID`);
  }
  if (Number.isNaN(time.getTime())) {
    throw new Error(`The header ${headerName.time} is no time`);
  }
  if (!/^[1-9]\d{0,17}$/.test(sequence)) {
    throw new Error(`The header ${headerName.sequence} is no positive number`);
  }
  return {
    id,
    time,
    type: required(headers, headerName.type),
    source: required(headers, headerName.source),
    subject: required(headers, headerName.subject),
    sequence: BigInt(sequence),
    dataschema: required(headers, headerName.dataschema),
    correlationId: required(headers, headerName.correlationId),
    causationId: textHeader(headers, headerName.causationId),
    traceparent: textHeader(headers, headerName.traceparent) ?? '',
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
  };
}

function readFact(
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  subscription: Subscription<any>,
  envelope: Envelope,
  record: RawRecord,
): { fact: unknown; handler: Extract<Incoming, { kind: 'fact' }>['handler'] } {
  const { schema } = subscription;
  if (envelope.dataschema !== schema.typeName) {
    throw new Error(`The value is a ${envelope.dataschema} where ${schema.typeName} is expected`);
  }
  if (record.value === null) {
    throw new Error('The record has no value');
  }
  const message = fromBinary(schema, record.value) as unknown as Record<string, OneofValue>;
  const set = message[subscription.oneof];
  const known = typeOfCase(schema, set?.case);
  if (known === undefined && isUnknownFact(schema, envelope.type)) {
    return { fact: undefined, handler: undefined };
  }
  if (known !== envelope.type) {
    throw new Error(`The value holds ${known ?? 'no fact'} where the header says ${envelope.type}`);
  }
  const handler = set?.case === undefined ? undefined : subscription.handlers[set.case];
  return { fact: set?.value, handler };
}

type OneofValue = { readonly case: string | undefined; readonly value?: unknown } | undefined;

function typeOfCase(schema: DescMessage, name: string | undefined): string | undefined {
  return factsOf(schema).fields.find((field) => field.localName === name)?.message?.typeName;
}

function isUnknownFact(schema: DescMessage, type: string): boolean {
  const samePackage = type.startsWith(`${schema.file.proto.package}.`);
  return samePackage && !factsOf(schema).fields.some((field) => field.message?.typeName === type);
}

function required(headers: readonly Header[], name: string): string {
  const value = textHeader(headers, name);
  if (value === undefined || value === '') {
    throw new Error(`The header ${name} is missing`);
  }
  return value;
}
