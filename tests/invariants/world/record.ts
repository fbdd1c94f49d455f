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

const complete: readonly string[] = [];
const types = new Map<string, string>();

/** The bare facts about a record. Written so that hundreds of thousands of them can be kept. */
export function seen(record: ConsumedRecord): Seen {
  const key = record.key?.toString() ?? '';
  const told = { id: '', type: '', subject: '', sequence: 0 };
  const present = new Set<string>();
  for (const [name, value] of record.headers) {
    if (value === null || value.length === 0) {
      continue;
    }
    present.add(name);
    switch (name) {
      case 'ce_id':
        told.id = value.toString();
        break;
      case 'ce_type':
        told.type = interned(value.toString());
        break;
      case 'ce_subject':
        told.subject = record.key?.equals(value) ? key : value.toString();
        break;
      case 'ce_sequence':
        told.sequence = Number(value.toString());
        break;
    }
  }
  const missing = required.filter((name) => !present.has(name));
  const { topic, partition, offset } = record;
  return { topic, partition, offset, key, ...told, missing: missing.length === 0 ? complete : missing };
}

/** There are few types, and each record has one. */
function interned(type: string): string {
  const known = types.get(type);
  if (known === undefined) {
    types.set(type, type);
  }
  return known ?? type;
}

/** Where a record lies, in a word. */
export function placeOf(at: { topic: string; partition: number; offset: bigint | number }): string {
  return `${at.topic}/${at.partition}/${at.offset}`;
}
