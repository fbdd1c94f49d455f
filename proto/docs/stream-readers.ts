import type { Reader } from './readers.ts';

/**
 * Who reads topics beside the services' own consumers: programs whose code isn't TypeScript, so that it can't be scanned.
 * `facts` are full names; left out, all of a topic are read.
 */
export const streamReaders: readonly StreamReader[] = [
  {
    reader: { name: 'Flink', group: 'the analytics jobs, flink/' },
    topics: ['shopverse.order.v1', 'shopverse.payment.v1', 'shopverse.behaviour.v1'],
  },
  {
    reader: { name: 'ClickHouse', group: 'the raw archive, services/analytics' },
    topics: 'all that are not derived',
  },
  {
    reader: { name: 'ClickHouse', group: 'the tables of totals, services/analytics' },
    topics: ['shopverse.analytics.v1'],
  },
];

/** A program and the topics it reads. */
export type StreamReader = {
  readonly reader: Reader;
  readonly topics: readonly string[] | 'all that are not derived';
};
