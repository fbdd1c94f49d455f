import { placeOf, type Seen } from './world/record.ts';
import type { TopicSeen } from './world/topics.ts';

/** I-33: where a key's events, each at its first record, are out of order, have a gap or lie in several partitions. */
export function outOfSequence({ events, strays, bounds }: TopicSeen): string[] {
  const found = strays.map((record) => `${placeOf(record)} repeats ${record.id} of another partition`);
  // Where the oldest records are gone, a key's first one here may have any number.
  const cut = new Set(bounds.filter(({ first }) => first > 0n).map(({ partition }) => partition));
  const last = new Map<string, Seen>();
  for (const event of events.values()) {
    if (event.sequence === 0) {
      continue;
    }
    const before = last.get(event.subject);
    last.set(event.subject, event);
    const expected = before === undefined ? 1 : before.sequence + 1;
    if (event.key !== event.subject) {
      found.push(`${placeOf(event)} has the key ${event.key} and is about ${event.subject}`);
    } else if (before !== undefined && before.partition !== event.partition) {
      found.push(`${event.subject} is in ${placeOf(before)} and in ${placeOf(event)}`);
    } else if (event.sequence !== expected && !(before === undefined && cut.has(event.partition))) {
      found.push(
        `${placeOf(event)} is number ${event.sequence} of ${event.subject} where ${expected} is next`,
      );
    }
  }
  return found;
}
