import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { pino } from 'pino';
import {
  type DepartmentTotal,
  type FunnelCount,
  FunnelStep,
  Period,
  type ProductSales,
  type SalesFigures,
  type TopicHealth,
} from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import type { Call } from '#platform/rpc/bind.ts';
import { runWorker } from '#platform/testing/run-worker.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { asking } from './adapters/clickhouse.ts';
import { queueWatch } from './clickhouse/queue-watch.ts';
import { differences } from './clickhouse/recompute.ts';
import { saleLineDifferences } from './clickhouse/recompute-lines.ts';
import type { SaleLine } from './domain/sale-lines.ts';
import { createRpc } from './rpc.ts';
import { idsOf, seeded, withCopies } from './testing/copies.ts';
import { history } from './testing/history.ts';
import { openStand, type Stand } from './testing/stand.ts';
import { wasRestarted } from './testing/stream-job.ts';

const MINUTE = 60_000;
/** Long, for a machine that has much else to do; a few seconds are enough on a quiet one. */
const SETTLE_MS = 200_000;
const now = Date.now();
const lines: SaleLine[] = [];
let stand: Stand;

before(async () => {
  stand = await openStand();
});
after(async () => {
  await stand?.close();
});

test('I-50..I-52 duplicates count once, and the sums are exact', { timeout: 300_000 }, async () => {
  const past = history(stand.topics, 150, { start: now - 40 * MINUTE, end: now }, seeded(1));
  lines.push(...past.lines);
  await stand.send(withCopies(past.records, seeded(2)));
  await settled();
  // Otherwise all this would have been computed from the facts, and said nothing of the totals.
  assert.deepEqual(await stand.rows('SELECT * FROM overdue_minutes'), []);
});

test('dashboards say what the facts add up to', async () => {
  const { handlers } = createRpc({ ask: asking(stand.reader), clock: { now: () => new Date() } });
  const answer = (method: string, request: object) => {
    const handler = handlers[method];
    assert.ok(handler, `${method} has a handler`);
    return handler(request, { signal: AbortSignal.timeout(30_000) } as Call);
  };
  const range = { startTime: timestampFromMs(now - 86_400_000), endTime: timestampFromMs(now + MINUTE) };
  const usd = { range, currencyCode: 'USD' };
  const expected = sumOf(lines);

  const summary = await answer('getSalesSummary', { range });
  assert.deepEqual(
    [revenueOf(summary.figures), ordersOf(summary.figures)],
    [expected.revenue, expected.orders],
  );
  const { points } = await answer('getRevenueSeries', { ...usd, period: Period.MINUTE, byDepartment: true });
  assert.equal(revenueOf(points.map((point: { figures: SalesFigures }) => point.figures)), expected.revenue);
  const { products } = await answer('getTopProducts', { ...usd, department: 'MEAT' });
  assert.ok(products.length > 0);
  assert.ok(products.every(({ department }: ProductSales) => department === 'MEAT'));
  const { steps } = await answer('getFunnel', { range });
  assert.equal(Number(steps.find(({ step }: FunnelCount) => step === FunnelStep.PLACED)?.count), 150);
  const { departments, days } = await answer('getReconciliation', { range });
  assert.equal(
    sum<DepartmentTotal>(departments, ({ figures }) => figures?.baskets ?? 0n),
    expected.baskets,
  );
  assert.equal(revenueOf(days.map((total: { figures: SalesFigures }) => total.figures)), expected.revenue);

  const { topics } = await answer('getEventHealth', {});
  const ids = idsOf(stand.sent).size;
  assert.equal(
    sum<TopicHealth>(topics, (topic) => topic.eventCount),
    String(ids),
  );
  assert.equal(
    sum<TopicHealth>(topics, (topic) => topic.duplicateCount),
    String(stand.sent.length - ids),
  );
});

test('those who answer dashboards may only read', async () => {
  await assert.rejects(
    stand.reader.command({ query: 'TRUNCATE TABLE sale_lines' }),
    /not enough privileges/i,
  );
});

test('a queue that reads no more is put on again, and has missed nothing', { timeout: 300_000 }, async () => {
  await stand.store.command({ query: 'DETACH TABLE events_queue SYNC' });
  const past = history(stand.topics, 20, { start: now - 40 * MINUTE, end: now }, seeded(7));
  lines.push(...past.lines);
  await stand.send(past.records);
  const watch = runWorker(queueWatch(stand.store, pino({ level: 'silent' }), 1_000));
  await settled();
  await watch.stop();
  assert.deepEqual(watch.failures, []);
});

test('F-23 the sums are exact after the TaskManager is killed', { timeout: 450_000 }, async () => {
  const recent = history(stand.topics, 150, { start: now - MINUTE / 2, end: now }, seeded(3));
  lines.push(...recent.lines);
  const records = withCopies(recent.records, seeded(4));
  await stand.send(records.slice(0, records.length / 2));
  await promisify(execFile)('./shopverse', ['kill', 'flink-taskmanager']);
  await stand.send(records.slice(records.length / 2));
  await waitFor('the job to start again', () => wasRestarted(stand.job), SETTLE_MS);
  await settled();
});

test('late facts are told, overdue ones too, and old copies change nothing', {
  timeout: 300_000,
}, async () => {
  const open = history(stand.topics, 20, { start: now - 6 * MINUTE, end: now - 4 * MINUTE }, seeded(5));
  const closed = history(stand.topics, 20, { start: now - 35 * MINUTE, end: now - 25 * MINUTE }, seeded(6));
  lines.push(...open.lines, ...closed.lines);
  await stand.send([...open.records, ...closed.records, ...stand.sent.slice(0, 200)]);
  await settled();
  const [late] = await stand.rows(
    'SELECT countIf(overdue = 0) AS open, countIf(overdue = 1) AS closed FROM late_facts FINAL',
  );
  assert.ok(Number(late?.open) >= open.records.length, `${late?.open} late facts were told`);
  assert.ok(Number(late?.closed) >= closed.records.length, `${late?.closed} overdue facts were told`);
});

/** Waits until everything that was sent has come through, and sees to it that it adds up. */
async function settled(): Promise<void> {
  const expected = { ids: String(idsOf(stand.sent).size), ...sumOf(lines) };
  await waitFor(
    'the archive and the sale lines to be whole',
    async () => {
      const [archive] = await stand.rows(
        'SELECT uniqExact(event_id) AS ids, count() AS n FROM events_raw FINAL',
      );
      const [found] = await stand.rows(
        `SELECT count() AS lines, sum(amount) AS revenue, sum(l.units) AS units, sum(l.baskets) AS baskets,
           sum(l.orders) AS orders FROM sale_lines AS l FINAL`,
      );
      assert.equal(archive?.n, archive?.ids, 'a row an event');
      assert.deepEqual({ ids: archive?.ids, ...found }, expected);
      assert.deepEqual(await differences(stand.store), []);
      return true;
    },
    SETTLE_MS,
  );
  assert.deepEqual(await saleLineDifferences(stand), []);
  assert.deepEqual(await stand.rows('SELECT * FROM records_unreadable'), []);
}

function sumOf(all: readonly SaleLine[]) {
  return {
    lines: String(all.length),
    revenue: sum(all, (line) => line.amount),
    units: sum(all, (line) => line.units),
    baskets: sum(all, (line) => line.baskets),
    orders: sum(all, (line) => line.orders),
  };
}

function sum<T>(all: readonly T[], pick: (one: T) => bigint | number): string {
  return String(all.reduce((total, one) => total + BigInt(pick(one)), 0n));
}

function revenueOf(figures: readonly SalesFigures[]): string {
  return sum(figures, ({ sold, refunded }) => (sold?.minorUnits ?? 0n) - (refunded?.minorUnits ?? 0n));
}

function ordersOf(figures: readonly SalesFigures[]): string {
  return sum(figures, ({ orders }) => orders);
}
