import type { KafkaMessage } from 'kafkajs';
import type { ConsumedRecord, Header } from './kafka.ts';

/** A record as kafkajs read it, in the port's form. */
export function toRecord(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestamp: new Date(Number(message.timestamp)),
    key: message.key,
    value: message.value,
    headers: toHeaders(message),
  };
}

function toHeaders(message: KafkaMessage): Header[] {
  return Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map(
      (value): Header => [name, typeof value === 'string' ? Buffer.from(value) : (value ?? null)],
    ),
  );
}
