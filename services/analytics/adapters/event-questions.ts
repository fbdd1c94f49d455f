import type { Period, Range } from '../domain/windows.ts';
import type { Question } from '../ports.ts';
import type { Source } from './sales-questions.ts';

export type StepRow = { readonly step: string; readonly count: string };
export type ReadRow = { readonly topic: string; readonly records: string };
export type ArchivedRow = { readonly topic: string; readonly events: string };
export type UnreadableRow = { readonly topic: string; readonly unreadable: string };
export type LateRow = { readonly topic: string; readonly late: string; readonly overdue: string };
export type LagRow = { readonly topic: string; readonly p50: number; readonly p99: number };

const FUNNEL: Readonly<Record<Source, string>> = { totals: 'funnel_totals FINAL', view: 'funnel' };

/** How often each step was taken; one that never was has no row. */
export function funnel(source: Source, range: Range, period: Period): Question {
  return {
    sql: `SELECT step, sum(fact_count) AS count FROM ${FUNNEL[source]}
      WHERE period = {period: String} AND window_start >= toDateTime({start: UInt32})
        AND window_start < toDateTime({end: UInt32})
      GROUP BY step`,
    parameters: { period, start: Math.ceil(range.start / 1000), end: Math.ceil(range.end / 1000) },
  };
}

/** How many records of each topic were read, each offset counted once. */
export const recordsRead: Question = {
  sql: `SELECT topic, sum(read) AS records
    FROM (SELECT topic, partition, groupBitmapMerge(offsets) AS read FROM records_read GROUP BY topic, partition)
    GROUP BY topic`,
  parameters: {},
};

/** How many distinct events of each topic are in the archive. */
export const eventsArchived: Question = {
  sql: 'SELECT topic, count() AS events FROM events_raw FINAL GROUP BY topic',
  parameters: {},
};

/** How many records of each topic could not be read as events. */
export const recordsUnreadable: Question = {
  sql: 'SELECT topic, count() AS unreadable FROM records_unreadable FINAL GROUP BY topic',
  parameters: {},
};

/** How many events of each topic came late to the stream job, and too late for its totals. */
export const factsLate: Question = {
  sql: 'SELECT topic, count() AS late, countIf(overdue = 1) AS overdue FROM late_facts FINAL GROUP BY topic',
  parameters: {},
};

/** Seconds from an event to its row, by topic, over the rows of the last five minutes. */
export const eventLag: Question = {
  sql: `SELECT topic, quantile(0.5)(lag) AS p50, quantile(0.99)(lag) AS p99
    FROM (SELECT topic, dateDiff('millisecond', event_time, insert_time) / 1000 AS lag FROM events_raw
      WHERE event_time > now() - INTERVAL 1 DAY AND insert_time > now() - INTERVAL 5 MINUTE)
    GROUP BY topic`,
  parameters: {},
};
