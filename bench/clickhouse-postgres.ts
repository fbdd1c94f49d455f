import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { createClient } from '@clickhouse/client';
import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { conditions, quantile, round } from './open-loop.ts';

// The same sale lines in ClickHouse and in Postgres, the same questions to both, each given its best: Postgres a fitting
// index, its statistics and its parallel workers; ClickHouse its sorting key and, as the platform has them, rollups
// kept by the stream job. Ad hoc means from the lines themselves. One JSON line.
const lines = Number(process.env.LINES ?? 5_000_000);
const rounds = Number(process.env.ROUNDS ?? 7);

const load = loadavg()[0];
const { clickhouse, postgres } = stackCoordinates() as unknown as {
  clickhouse: { httpUrl: string; user: string; password: string };
  postgres: { adminUrl: string };
};
const name = `bench_${randomBytes(4).toString('hex')}`;
const admin = new pg.Client({ connectionString: postgres.adminUrl });
const house = (database: string) =>
  createClient({
    url: clickhouse.httpUrl,
    username: clickhouse.user,
    password: clickhouse.password,
    database,
    request_timeout: 300_000,
    // Otherwise it warns of load balancers, of which there are none.
    clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: '110000' },
  });
const root = house('default');
await admin.connect();
await admin.query(`create database ${name}`);
await root.command({ query: `CREATE DATABASE ${name}` });
const rows = new pg.Client({ connectionString: postgres.adminUrl.replace(/\/[^/]*$/, `/${name}`) });
const columns = house(name);
await rows.connect();

/** Both count from the same formula, so that they hold the same. A week, 25 departments, 2,000 products. */
const line = (n: string, hash: (modulus: number) => string) => ({
  time: `${n} * ${(7 * 86_400) / lines}`,
  department: hash(25),
  sku: hash(2_000),
  amount: `99 + ${n} % 900`,
  units: `1 + ${n} % 3`,
  orders: `case when ${n} % 9 = 0 then 1 else 0 end`,
});
const QUESTIONS: Record<string, { ask: string; rollup?: string }> = {
  revenueByDepartment: {
    ask: 'select department, sum(amount), sum(units), sum(orders) from sale group by department',
    rollup: 'select department, sum(amount), sum(units), sum(orders) from hourly group by department',
  },
  revenueByHour: {
    ask: 'select hour, sum(amount) from sale group by hour',
    rollup: 'select hour, sum(amount) from hourly group by hour',
  },
  topProducts: {
    ask: 'select sku, sum(amount) as taken from sale group by sku order by taken desc, sku limit 10',
    rollup: 'select sku, sum(amount) as taken from hourly_sku group by sku order by taken desc, sku limit 10',
  },
  oneDepartmentOneDay: {
    ask: 'select hour, sum(amount) from sale where department = 7 and hour >= 24 and hour < 48 group by hour',
    rollup:
      'select hour, sum(amount) from hourly where department = 7 and hour >= 24 and hour < 48 group by hour',
  },
  oneLine: { ask: `select amount from sale where id = ${Math.floor(lines / 2)}` },
};

try {
  await fill();
  const measured: Record<string, object> = {};
  for (const [question, { ask, rollup }] of Object.entries(QUESTIONS)) {
    const inRows = await timed(async () =>
      canonical((await rows.query({ text: ask, rowMode: 'array' })).rows),
    );
    const adHoc = await timed(() => inColumns(ask));
    const rolled = rollup === undefined ? undefined : await timed(() => inColumns(rollup));
    if (inRows.answer !== adHoc.answer || (rolled !== undefined && rolled.answer !== inRows.answer)) {
      throw new Error(`They disagree on ${question}.`);
    }
    measured[question] = {
      postgresMs: inRows.ms,
      clickhouseMs: adHoc.ms,
      ratio: round(inRows.ms / adHoc.ms),
      ...(rolled === undefined ? {} : { rollupMs: rolled.ms, rollupRatio: round(inRows.ms / rolled.ms) }),
    };
  }
  console.log(JSON.stringify({ bench: 'clickhouse-postgres', lines, measured, rounds, ...conditions(load) }));
} finally {
  await rows.end();
  await admin.query(`drop database ${name} with (force)`);
  await root.command({ query: `DROP DATABASE ${name} SYNC` });
  await Promise.all([admin.end(), root.close(), columns.close()]);
}

async function fill(): Promise<void> {
  const a = line('n', (modulus) => `(n * 2654435761 % 4294967296) % ${modulus}`);
  await rows.query(`create unlogged table sale
    (id bigint, hour int, department int, sku int, amount bigint, units bigint, orders bigint)`);
  await rows.query(`insert into sale select n, (${a.time})::bigint / 3600, ${a.department}, ${a.sku}, ${a.amount},
    ${a.units}, ${a.orders} from generate_series(0::bigint, ${lines - 1}) as n`);
  await rows.query('create unique index on sale (id)');
  await rows.query('create index on sale (department, hour) include (amount)');
  await rows.query('vacuum analyze sale');
  const b = line('number', (modulus) => `(number * 2654435761 % 4294967296) % ${modulus}`);
  await columns.command({
    query: `CREATE TABLE sale (id UInt64, hour Int32, department Int32, sku Int32, amount Int64, units Int64, orders Int64)
      ENGINE = MergeTree ORDER BY (department, hour)`,
  });
  // As Postgres does, its cast to bigint rounds.
  await columns.command({
    query: `INSERT INTO sale SELECT number, intDiv(toInt64(round(${b.time})), 3600), ${b.department}, ${b.sku}, ${b.amount},
      ${b.units}, ${b.orders} FROM numbers(${lines})`,
  });
  for (const [table, key] of [
    ['hourly', 'department'],
    ['hourly_sku', 'sku'],
  ]) {
    await columns.command({
      query: `CREATE TABLE ${table} ENGINE = MergeTree ORDER BY (${key}, hour) AS SELECT hour, ${key},
        sum(amount) AS amount, sum(units) AS units, sum(orders) AS orders FROM sale GROUP BY hour, ${key}`,
    });
  }
  await columns.command({ query: 'OPTIMIZE TABLE sale FINAL' });
}

async function inColumns(query: string): Promise<string> {
  const answer = await (await columns.query({ query, format: 'JSONCompactEachRow' })).json<unknown[]>();
  return canonical(answer);
}

/** The same text for the same rows, in whatever order and notation they came. */
function canonical(answer: readonly unknown[][]): string {
  return answer
    .map((row) => row.map(String).join())
    .sort()
    .join(';');
}

/** The middle of several, after one that doesn't count. */
async function timed(ask: () => Promise<string>): Promise<{ ms: number; answer: string }> {
  const answer = await ask();
  const took: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const begin = performance.now();
    await ask();
    took.push(performance.now() - begin);
  }
  return {
    ms: quantile(
      took.sort((x, y) => x - y),
      0.5,
    ),
    answer,
  };
}
