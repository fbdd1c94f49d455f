import type { ConsumedRecord } from '#platform/kafka/kafka.ts';

/** What the checks keep of a record. */
export type Seen = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The key as text; empty where there is none. */
  readonly key: string;
  /** The event's id; empty where the header is missing, as are the other texts. */
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** The number in its aggregate's history; 0 where none is told. */
  readonly sequence: number;
  /** The names of headers that an event must have and this record hasn't. */
  readonly missing: readonly string[];
};

/**
 * What every record must tell, by docs/events.md. `ce_sequence` is told by aggregates only, so it isn't among these.
 */
const required = [
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_subject',
  'ce_time',
  'ce_specversion',
  'ce_dataschema',
  'content-type',
  'ce_correlationid',
  'ce_causationid',
  'traceparent',
];

/** The bare facts about a record. */
export function seen(record: ConsumedRecord): Seen {
  const headers = new Map(record.headers.map(([name, value]) => [name, value?.toString() ?? '']));
  const text = (name: string) => headers.get(name) ?? '';
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    key: record.key?.toString() ?? '',
    id: text('ce_id'),
    type: text('ce_type'),
    subject: text('ce_subject'),
    sequence: Number(text('ce_sequence')),
    missing: required.filter((name) => text(name) === ''),
  };
}

/** Where a record lies, in a word. */
export function placeOf(at: { topic: string; partition: number; offset: bigint | number }): string {
  return `${at.topic}/${at.partition}/${at.offset}`;
}
