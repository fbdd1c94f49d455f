import type { ProducedRecord } from '#platform/kafka/kafka.ts';

/** Every third record comes again, up to thrice, at once or somewhat later. `random` gives 0 <= x < 1. */
export function withCopies(records: readonly ProducedRecord[], random: () => number): ProducedRecord[] {
  const placed = records.flatMap((record, at) => {
    const copies = random() < 1 / 3 ? 1 + Math.floor(random() * 3) : 0;
    const later = Array.from({ length: copies }, () => ({ record, at: at + random() * 200 }));
    return [{ record, at }, ...later];
  });
  return placed.sort((a, b) => a.at - b.at).map(({ record }) => record);
}

/** The distinct event ids of records. */
export function idsOf(records: readonly ProducedRecord[]): Set<string> {
  return new Set(records.map((record) => String(record.headers.find(([name]) => name === 'ce_id')?.[1])));
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
