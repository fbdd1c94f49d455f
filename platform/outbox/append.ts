import { type Kysely, sql } from 'kysely';
import type { KernelTables, StoredHeaders } from '#platform/db/database.ts';
import type { DomainEvent } from '#platform/events/domain-event.ts';
import { type EventSource, eventHeaders, headerName } from '#platform/events/headers.ts';

/** One record to be published, as the outbox keeps it. */
export type OutboxEntry = {
  readonly eventId: string;
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly sequence: bigint;
  readonly type: string;
  readonly headers: StoredHeaders;
  readonly payload: Uint8Array | null;
};

/** The entry of an event that is stated now: its headers come from the current context (see `eventHeaders`). */
export function outboxEntry(source: EventSource, origin: string, event: DomainEvent): OutboxEntry {
  const headers = eventHeaders(source, origin, event);
  return {
    eventId: headers[headerName.id] as string,
    topic: event.topic,
    key: Buffer.from(event.aggregateId),
    aggregateType: event.aggregateType,
    aggregateId: event.aggregateId,
    sequence: event.sequence,
    type: event.type,
    headers,
    payload: event.payload,
  };
}

/** Inserts records for the relay, in this order, in one statement. To be called inside a transaction. */
export async function insertIntoOutbox(
  db: Kysely<KernelTables>,
  entries: readonly OutboxEntry[],
): Promise<void> {
  const column = <V>(value: (entry: OutboxEntry) => V) => entries.map(value);
  await sql`
    insert into outbox
      (event_id, topic, key, aggregate_type, aggregate_id, aggregate_seq, type, headers, payload)
    select event_id, topic, key, aggregate_type, aggregate_id, aggregate_seq, type, headers::jsonb, payload
    from unnest(
      ${column((entry) => entry.eventId)}::uuid[],
      ${column((entry) => entry.topic)}::text[],
      ${column((entry) => entry.key)}::bytea[],
      ${column((entry) => entry.aggregateType)}::text[],
      ${column((entry) => entry.aggregateId)}::text[],
      ${column((entry) => entry.sequence)}::bigint[],
      ${column((entry) => entry.type)}::text[],
      ${column((entry) => JSON.stringify(entry.headers))}::text[],
      ${column((entry) => entry.payload)}::bytea[]
    ) with ordinality as fresh
      (event_id, topic, key, aggregate_type, aggregate_id, aggregate_seq, type, headers, payload, position)
    order by position`.execute(db);
}
