import type { Kysely } from 'kysely';
import { Counter } from 'prom-client';
import type { Incoming, RawRecord } from '#platform/consumer/incoming.ts';
import type { KernelTables } from '#platform/db/database.ts';
import { headerName } from '#platform/events/headers.ts';
import { storeExactly, textHeader } from '#platform/outbox/stored-headers.ts';
import { insertLetter, openKeys } from './letters.ts';
import { publishDeadLetter } from './publish.ts';

/** The first retry of a fact comes after this time; each further one after twice the time before. */
export const firstRetryMs = 1_000;

const parkedTotal = new Counter({
  name: 'shopverse_dead_letter_parked_total',
  help: 'Records that were set aside, by the state they were set aside in.',
  labelNames: ['consumer', 'state'],
});

/** What tells a record's key apart from all others of a consumer; undefined when it has none. */
export function keyName({ topic, key }: Pick<RawRecord, 'topic' | 'key'>): string | undefined {
  return key === null ? undefined : `${topic}/${key.toString('base64')}`;
}

/** The names of those of the records' keys that have an open dead letter. Sound once the partitions' places are locked. */
export async function parkedKeys(
  db: Kysely<KernelTables>,
  consumer: string,
  records: readonly Incoming[],
): Promise<Set<string>> {
  const keyed = records.flatMap(({ record: { topic, key } }) => (key === null ? [] : [{ topic, key }]));
  if (keyed.length === 0) {
    return new Set();
  }
  return new Set((await openKeys(db, consumer, keyed)).flatMap((row) => keyName(row) ?? []));
}

/**
 * Sets a record aside, byte for byte. RETRYING is tried again soon, QUEUED waits behind an earlier one of its key,
 * DEAD waits for a person and is published to the topic's dead-letter topic. A record that was set aside before, and
 * is delivered again, stays as it is.
 */
export async function park(
  db: Kysely<KernelTables>,
  consumer: string,
  { record }: Pick<Incoming, 'record'>,
  how: { readonly state: 'RETRYING' | 'QUEUED' | 'DEAD'; readonly error: unknown },
): Promise<void> {
  const letter = await insertLetter(db, {
    consumer,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    key: record.key,
    headers: JSON.stringify(storeExactly(record.headers)),
    payload: record.value,
    event_id: textHeader(record.headers, headerName.id) ?? null,
    error: describeError(how.error),
    attempts: how.state === 'QUEUED' ? 0 : 1,
    state: how.state,
    next_attempt_time: how.state === 'RETRYING' ? new Date(Date.now() + firstRetryMs) : null,
    dead_time: how.state === 'DEAD' ? new Date() : null,
  });
  if (letter === undefined) {
    return;
  }
  parkedTotal.inc({ consumer, state: how.state });
  if (letter.state === 'DEAD') {
    await publishDeadLetter(db, letter);
  }
}

/** What went wrong, for people: the error's type and message, cut to 500 characters. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  // A NUL can't be stored as text.
  return text.replaceAll('\0', '').slice(0, 500);
}
