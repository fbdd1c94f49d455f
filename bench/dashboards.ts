import { randomBytes } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { asking, connectClickHouse, createDatabase } from '../services/analytics/adapters/clickhouse.ts';
import { funnel } from '../services/analytics/adapters/event-questions.ts';
import { departmentTotals } from '../services/analytics/adapters/reconciliation-questions.ts';
import {
  revenueSeries,
  type Source,
  salesSummary,
  topProducts,
} from '../services/analytics/adapters/sales-questions.ts';
import { askOf } from '../services/analytics/adapters/sources.ts';
import { migrate } from '../services/analytics/clickhouse/migrate.ts';
import type { Question } from '../services/analytics/ports.ts';

// How fast dashboards are answered over so many sale lines of one week: 25 departments, 2,000 products. The running
// stack's ClickHouse, a database of its own, one caller, over HTTP. One JSON line.
const lines = Number(process.env.LINES ?? 5_000_000);
const rounds = Number(process.env.ROUNDS ?? 200);
const WEEK = 7 * 86_400_000;
const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const week = { start: end - WEEK, end };
const day = { start: end - 86_400_000, end };

const { clickhouse } = stackCoordinates() as unknown as {
  clickhouse: { httpUrl: string; user: string; password: string; reader: { user: string; password: string } };
};
const database = `bench_${randomBytes(6).toString('hex')}`;
const owner = { url: clickhouse.httpUrl, user: clickhouse.user, password: clickhouse.password, database };
await createDatabase(owner);
const writer = connectClickHouse(owner);
const reader = connectClickHouse({ ...owner, ...clickhouse.reader });
const ask = asking(reader);
try {
  await migrate(writer);
  await fill();
  const usd = { currency: 'USD', department: true };
  const top = { currency: 'USD', department: '', rank: 'revenue', limit: 10 } as const;
  const questions: Record<string, (source: Source) => Question> = {
    summaryOfWeek: (source) => salesSummary(source, week),
    minutesOfDay: (source) => revenueSeries(source, day, { ...usd, department: false, period: 'MINUTE' }),
    hoursOfWeekByDepartment: (source) => revenueSeries(source, week, { ...usd, period: 'HOUR' }),
    funnelOfDay: (source) => funnel(source, day, 'MINUTE'),
    topOfDay: (source) => topProducts(source, day, top),
    topOfWeek: (source) => topProducts(source, week, top),
    reconciliationOfWeekRaw: () => departmentTotals(week),
  };
  const measured: Record<string, { p50: number; p99: number }> = {};
  for (const [name, question] of Object.entries(questions)) {
    measured[name] = await measure(question, name.endsWith('Raw') ? Math.ceil(rounds / 20) : rounds);
  }
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    JSON.stringify({ bench: 'dashboards', lines, cores: availableParallelism(), load, ms: measured }),
  );
} finally {
  await writer.command({ query: `DROP DATABASE ${database} SYNC` });
  await Promise.all([writer.close(), reader.close()]);
}

async function measure(
  question: (source: Source) => Question,
  times: number,
): Promise<{ p50: number; p99: number }> {
  const took: number[] = [];
  for (let round = -5; round < times; round++) {
    const begin = performance.now();
    const signal = AbortSignal.timeout(30_000);
    await askOf(ask, 'SALES', week, question, signal);
    if (round >= 0) took.push(performance.now() - begin);
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => Number((took[Math.floor((took.length - 1) * share)] ?? 0).toFixed(1));
  return { p50: at(0.5), p99: at(0.99) };
}

async function fill(): Promise<void> {
  const figures = 'sum(amount), 0, sum(units), sum(baskets), sum(orders), count()';
  const chunk = 500_000;
  for (let first = 0; first < lines; first += chunk) {
    await writer.command({
      query: `INSERT INTO sale_lines SELECT concat('event-', toString(intDiv(number, 9))) AS event_id, number % 9 + 1, 9,
        fromUnixTimestamp64Milli(${week.start} + toInt64(intDiv(number, 9) * 9 * ${WEEK / lines}), 'UTC') AS event_time,
        event_id, event_id, 'user', 'SALE', 'ITEM', concat('sku-', toString(cityHash64(number) % 2000)), 'A product',
        concat('DEPARTMENT ', toString(cityHash64(number) % 25)), '', '', 'TILL', 1 + number % 3, 'USD',
        99 + number % 900, 1, number % 9 = 0
        FROM numbers(${first}, ${Math.min(chunk, lines - first)})`,
    });
  }
  for (const [period, start] of [
    ['MINUTE', 'toStartOfMinute(event_time)'],
    ['HOUR', 'toStartOfHour(event_time)'],
  ]) {
    await writer.command({
      query: `INSERT INTO revenue_totals SELECT '${period}', ${start} AS at, department, currency, ${figures}
        FROM sale_lines GROUP BY at, department, currency`,
    });
    await writer.command({
      query: `INSERT INTO funnel_totals SELECT '${period}', ${start} AS at, 'PAID', count() FROM sale_lines GROUP BY at`,
    });
  }
  await writer.command({
    query: `INSERT INTO product_totals SELECT toStartOfHour(event_time) AS at, sku, currency, any(title),
      any(department), ${figures} FROM sale_lines GROUP BY at, sku, currency`,
  });
}
