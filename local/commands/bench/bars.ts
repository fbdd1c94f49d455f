/** A figure beside what it is to be. */
export type Verdict = {
  readonly path: string;
  readonly reach: string;
  readonly seen: string;
  readonly reached: boolean;
};

/** A bench, and how its line is judged. */
export type Bar = {
  readonly name: string;
  readonly what: string;
  /** Arguments of node. */
  readonly program: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: each bench prints a line of its own shape.
  verdicts(line: any): readonly Verdict[];
};

const below = (path: string, seen: number, limit: number, unit = 'ms'): Verdict => ({
  path,
  reach: `< ${limit} ${unit}`,
  seen: `${seen} ${unit}`,
  reached: seen < limit,
});
const atLeast = (path: string, seen: number, limit: number, unit: string): Verdict => ({
  path,
  reach: `>= ${limit.toLocaleString('en')} ${unit}`,
  seen: `${seen.toLocaleString('en')} ${unit}`,
  reached: seen >= limit,
});

/** The bar of the design's performance.md, row by row, in an order in which one run does not spoil the next. */
export const BARS: readonly Bar[] = [
  {
    name: 'unary',
    what: 'one service calls another 500 times a second',
    program: ['bench/unary.ts'],
    verdicts: (line) => [
      below('internal gRPC unary at 500/s, p99', line.p99, 5),
      atLeast('internal gRPC unary, answered', line.perSecond, 490, '/s'),
    ],
  },
  {
    name: 'search',
    what: 'visitors search and look products up 500 times a second',
    program: ['bench/search.ts'],
    verdicts: (line) => [
      below('browse and search at 500/s, p99', line.p99, 20),
      atLeast('browse and search, answered', line.perSecond, 490, '/s'),
    ],
  },
  {
    name: 'place',
    what: '100 orders a second are placed for some seconds',
    program: ['bench/place.ts'],
    verdicts: (line) => [
      below('placing an order at 100/s, p99', line.p99, 50),
      atLeast('placing an order, answered', line.perSecond, 95, '/s'),
    ],
  },
  {
    name: 'saga',
    what: '50 orders a second go through the whole saga',
    program: ['local/cli.ts', 'replay', '--json', '--orders', '500', '--rate', '50', '--at-once', '512'],
    verdicts: (line) => [
      below('saga, placed to paid, at 50/s, p50', line.sagaMs.p50, 100),
      below('saga, placed to paid, at 50/s, p99', line.sagaMs.p99, 500),
      atLeast('orders paid', Math.round((line.paid / line.seconds) * 10) / 10, 45, '/s'),
    ],
  },
  {
    name: 'order-cost',
    what: 'what one order costs each part',
    program: ['bench/order-cost.ts'],
    verdicts: (line) => [below('CPU of all parts an order', line.cpuMsPerOrder, 40)],
  },
  {
    name: 'behaviour',
    what: '10,000 events a second of what visitors do',
    program: ['bench/behaviour.ts'],
    verdicts: (line) => [
      atLeast('behaviour events, gateway to ClickHouse', line.eventsPerSecond, 9_900, '/s'),
      below('event to dashboard, p99', line.toDashboardMs.p99, 5_000),
      below('events lost', line.lost, 1, 'events'),
    ],
  },
  {
    name: 'dashboards',
    what: 'dashboards over 5M sale lines',
    program: ['bench/dashboards.ts'],
    verdicts: (line) =>
      Object.entries(line.ms as Record<string, { p99: number }>)
        .filter(([name]) => !name.endsWith('Raw'))
        .map(([name, { p99 }]) => below(`${name}, p99`, p99, 20)),
  },
  {
    name: 'clickhouse-postgres',
    what: 'the same questions to ClickHouse and to Postgres, 5M lines',
    program: ['bench/clickhouse-postgres.ts'],
    verdicts: (line) =>
      Object.entries(line.measured as Record<string, { ratio: number; rollupRatio?: number }>).map(
        ([name, { ratio, rollupRatio }]) => ({
          path: name,
          reach: rollupRatio === undefined ? 'told' : '>= 100 x from rollups',
          seen: `${ratio} x ad hoc${rollupRatio === undefined ? '' : `, ${rollupRatio} x from rollups`}`,
          reached: rollupRatio === undefined || rollupRatio >= 100,
        }),
      ),
  },
];
