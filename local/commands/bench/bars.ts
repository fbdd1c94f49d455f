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
  /** Only measured when it is asked for by name, since it takes long. */
  readonly byName?: true;
  /** How long it may take, in ms; three minutes unless told. */
  readonly longestMs?: number;
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
    name: 'warm-up',
    what: 'a thousand orders, so that what comes often is compiled: a stack just started does three quarters',
    program: ['local/cli.ts', 'replay', '--json', '--orders', '1000', '--rate', '25', '--at-once', '512'],
    verdicts: () => [],
  },
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
    what: 'what one order costs each part, when more are asked for than can be done',
    program: ['bench/order-cost.ts'],
    environment: { RATE: '45', ORDERS: '600' },
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
  {
    name: 'peers',
    what: 'beside Vendure and Medusa: the same products, Postgres and machine, taking turns',
    program: ['bench/peers.ts'],
    byName: true,
    // The first time it installs them.
    longestMs: 1_500_000,
    verdicts: (line) =>
      Object.entries(line.paths as Record<string, Record<string, Pace>>).map(([path, shops]) => {
        const [own, ...peers] = Object.values(shops);
        const told = Object.entries(shops).map(
          ([name, { perSecond, cpuMs }]) => `${name} ${perSecond}/s, ${cpuMs} ms CPU`,
        );
        return {
          path: `${path}: ${line.meanings[path]}`,
          reach: 'more than each peer',
          seen: told.join('; '),
          reached: peers.every((peer) => (own?.perSecond ?? 0) > peer.perSecond),
        };
      }),
  },
  {
    name: 'kernel',
    what: 'the same handler on bare grpc-js, and behind all that a service has',
    program: ['bench/kernel.ts'],
    byName: true,
    verdicts: (line) =>
      (['read', 'write'] as const).map((kind) => {
        const { bare, kernel } = line[kind] as Record<'bare' | 'kernel', { serverCpuUsPerCall: number }>;
        const cost = kernel.serverCpuUsPerCall - bare.serverCpuUsPerCall;
        return {
          path: `a ${kind}: what the kernel adds`,
          reach: `< ${KERNEL_US[kind]} us CPU a call`,
          seen: `${Math.round(cost)} us, to ${bare.serverCpuUsPerCall} us of the bare server`,
          reached: cost < KERNEL_US[kind],
        };
      }),
  },
  {
    name: 'kafka-clients',
    what: 'both Kafka clients on a broker of their own: speed, and what a killed broker and rebalances cost',
    program: ['bench/kafka-clients.ts'],
    byName: true,
    longestMs: 600_000,
    verdicts: (line) =>
      ['kafkajs', 'platformatic'].map((client) => {
        const counted = Object.entries(line[client] as Record<string, number>);
        const wrong = counted.filter(([name, count]) => /^(lost|reordered)/.test(name) && count > 0);
        return {
          path: `${client}: lost or reordered`,
          reach: 'nothing',
          seen: wrong.map(([name, count]) => `${count} ${name}`).join('; ') || 'nothing',
          reached: wrong.length === 0,
        };
      }),
  },
];

/** A call that costs a service more than this for what it gets with it would be looked into. */
const KERNEL_US = { read: 150, write: 900 } as const;

type Pace = { readonly perSecond: number; readonly cpuMs: number };
