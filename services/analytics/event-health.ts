import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TopicHealthSchema } from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import {
  type ArchivedRow,
  eventLag,
  eventsArchived,
  factsLate,
  type LagRow,
  type LateRow,
  type ReadRow,
  recordsRead,
  recordsUnreadable,
  type UnreadableRow,
} from './adapters/event-questions.ts';
import type { Ask } from './ports.ts';

/** Each topic's health, by name. A topic shows from its first record on. */
export async function eventHealth(
  ask: Ask,
  signal: AbortSignal,
): Promise<MessageInitShape<typeof TopicHealthSchema>[]> {
  // Records are counted last: while records come in, an event must not be counted before its record is.
  const archived = byTopic(await ask<ArchivedRow>(eventsArchived, signal));
  const [unreadable, late, lag, read] = await Promise.all([
    ask<UnreadableRow>(recordsUnreadable, signal).then(byTopic),
    ask<LateRow>(factsLate, signal).then(byTopic),
    ask<LagRow>(eventLag, signal).then(byTopic),
    ask<ReadRow>(recordsRead, signal),
  ]);
  return read
    .map(({ topic, records }) => {
      const recordCount = BigInt(records);
      const eventCount = BigInt(archived.get(topic)?.events ?? 0);
      const unreadableCount = BigInt(unreadable.get(topic)?.unreadable ?? 0);
      return {
        topic,
        recordCount,
        eventCount,
        unreadableCount,
        duplicateCount: recordCount - eventCount - unreadableCount,
        lateCount: BigInt(late.get(topic)?.late ?? 0),
        overdueCount: BigInt(late.get(topic)?.overdue ?? 0),
        lagP50Seconds: lag.get(topic)?.p50 ?? 0,
        lagP99Seconds: lag.get(topic)?.p99 ?? 0,
      };
    })
    .sort((a, b) => a.topic.localeCompare(b.topic));
}

function byTopic<Row extends { readonly topic: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.topic, row]));
}
