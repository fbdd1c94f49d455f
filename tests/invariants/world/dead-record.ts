import type { ConsumedRecord, Header } from '#platform/kafka/kafka.ts';
import { placeOf } from './record.ts';

/** The headers that a dead letter has beyond those of its record. */
const added: ReadonlySet<string> = new Set(
  ['consumer', 'topic', 'partition', 'offset', 'key', 'error', 'attempts'].map((name) => `dlq_${name}`),
);

/** Where the record lies that a dead letter is a copy of, as its own headers tell it. */
export function deadLetterPlace(record: ConsumedRecord): string {
  return ['dlq_topic', 'dlq_partition', 'dlq_offset'].map((name) => textOf(record, name)).join('/');
}

/** Who gave up on what: `consumer/topic/partition/offset`. */
export function deadLetterName(record: ConsumedRecord): string {
  return `${textOf(record, 'dlq_consumer')}/${deadLetterPlace(record)}`;
}

function textOf({ headers }: ConsumedRecord, name: string): string {
  return headers.findLast(([each]) => each === name)?.[1]?.toString() ?? '';
}

/** What is wrong with a dead letter beside the record that it should be a copy of, byte for byte. */
export function deadLetterProblem(
  letter: ConsumedRecord,
  original: ConsumedRecord | undefined,
): string | undefined {
  const place = placeOf(letter);
  const lacking = [...added].filter((name) => !letter.headers.some(([each]) => each === name));
  if (lacking.length > 0) {
    return `${place} lacks ${lacking.join(', ')}`;
  }
  if (original === undefined) {
    return `${place} is a copy of ${deadLetterPlace(letter)}, where no record is`;
  }
  const own = letter.headers.filter(([name]) => !added.has(name));
  if (!same(letter.key, original.key)) {
    return `${place} has another key than ${placeOf(original)}`;
  }
  if (!same(letter.value, original.value)) {
    return `${place} has another value than ${placeOf(original)}`;
  }
  return sameHeaders(own, original.headers)
    ? undefined
    : `${place} has other headers than ${placeOf(original)}`;
}

function sameHeaders(these: readonly Header[], others: readonly Header[]): boolean {
  return (
    these.length === others.length &&
    these.every(([name, value], at) => name === others[at]?.[0] && same(value, others[at]?.[1] ?? null))
  );
}

function same(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}
