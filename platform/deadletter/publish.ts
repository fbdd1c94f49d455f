import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import { deadLetterSuffix } from '#platform/events/headers.ts';
import type { Header } from '#platform/kafka/kafka.ts';
import { insertIntoOutbox } from '#platform/outbox/append.ts';
import { restoreHeaders, storeExactly } from '#platform/outbox/stored-headers.ts';
import type { DeadLetter } from './letters.ts';

/** The headers that a dead letter's record has beyond its own. */
export const deadLetterHeader = {
  consumer: 'dlq_consumer',
  topic: 'dlq_topic',
  partition: 'dlq_partition',
  offset: 'dlq_offset',
  key: 'dlq_key',
  error: 'dlq_error',
  attempts: 'dlq_attempts',
} as const;

/**
 * Sends a record that was given up on to `<topic>.dlq`, through the outbox and so with the transaction: the same
 * key, value and headers byte for byte, and headers of where it lay and what went wrong.
 */
export async function publishDeadLetter(db: Kysely<KernelTables>, letter: DeadLetter): Promise<void> {
  const added: readonly Header[] = [
    [deadLetterHeader.consumer, Buffer.from(letter.consumer)],
    [deadLetterHeader.topic, Buffer.from(letter.topic)],
    [deadLetterHeader.partition, Buffer.from(letter.partition.toString())],
    [deadLetterHeader.offset, Buffer.from(letter.offset.toString())],
    [deadLetterHeader.key, letter.key === null ? null : Buffer.from(letter.key)],
    [deadLetterHeader.error, Buffer.from(letter.error)],
    [deadLetterHeader.attempts, Buffer.from(letter.attempts.toString())],
  ];
  await insertIntoOutbox(db, [
    {
      eventId: randomUUID(),
      topic: `${letter.topic}${deadLetterSuffix}`,
      key: letter.key,
      aggregateType: 'DeadLetter',
      aggregateId: `${letter.consumer}/${letter.topic}/${letter.partition}/${letter.offset}`,
      sequence: 1n,
      type: 'shopverse.platform.v1.DeadLetter',
      headers: storeExactly([...restoreHeaders(letter.headers), ...added]),
      payload: letter.payload,
    },
  ]);
}
