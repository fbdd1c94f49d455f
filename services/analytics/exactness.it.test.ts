import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ClickHouseClient } from '@clickhouse/client';
import {
  type FunnelCount,
  FunnelStep,
  Period,
  type ProductSales,
  type SalesFigures,
} from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import type { ProducedRecord, Producer } from '#platform/kafka/kafka.ts';
import type { Call } from '#platform/rpc/bind.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { type TestKafka, testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { asking, connectClickHouse } from './adapters/clickhouse.ts';
import { differences } from './clickhouse/recompute.ts';
import { saleLineDifferences } from './clickhouse/recompute-lines.ts';
import type { SaleLine } from './domain/sale-lines.ts';
import { createRpc } from './rpc.ts';
import { openStore } from './store.ts';
import { type HistoryTopics, history } from './testing/history.ts';
import { restarts, startTestJob, type TestJob } from './testing/stream-job.ts';

const MINUTE = 60_000;
/** Long, for a machine that has much else to do; a few seconds are enough on a quiet one. */
const SETTLE_MS = 200_000;
const now = Date.now();
const database = `test_${randomBytes(6).toString('hex')}`;
const lines: SaleLine[] = [];
const sent: ProducedRecord[] = [];
let kafka: TestKafka;
let producer: Producer;
let store: ClickHouseClient;
let topics: HistoryTopics;
let job: TestJob;

before(async () => {
  const { clickhouse, kafka: broker } = coordinates();
  kafka = await testKafka();
  topics = { order: await kafka.topic(), payment: await kafka.topic(), behaviour: await kafka.topic() };
  const derived = await kafka.topic();
  const brokers = [broker.brokers].flat().join(',');
  store = await openStore(
    { url: clickhouse.httpUrl, user: clickhouse.user, password: clickhouse.password, database },
    { brokers, group: database, topics: Object.values(topics), derived },
  );
  const sources = Object.values(topics).join(',');
  job = await startTestJob([
    ...['--brokers', brokers, '--group', kafka.group()],
    ...['--sources', sources, '--target', derived],
  ]);
  producer = await kafka.kafka.producer();
});

after(async () => {
  await job?.cancel();
  await store?.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  await store?.close();
  await producer?.close();
  await kafka?.close();
});

test('I-50..I-52 duplicates count once, and the sums are exact', { timeout: 300_000 }, async () => {
  const past = history(topics, 150, { start: now - 40 * MINUTE, end: now }, seeded(1));
  lines.push(...past.lines);
  await send(withCopies(past.records, seeded(2)));
  await settled();
  assert.equal((await rows('SELECT count() AS n FROM late_facts FINAL WHERE overdue = 1'))[0]?.n, '0');
});

test('dashboards say what the facts add up to', async () => {
  const { clickhouse } = coordinates();
  const { user, password } = clickhouse.reader;
  const reader = connectClickHouse({ url: clickhouse.httpUrl, user, password, database });
  const { handlers } = createRpc({ ask: asking(reader), clock: { now: () => new Date() } });
  const range = { startTime: timestampFromMs(now - 86_400_000), endTime: timestampFromMs(now + 60_000) };
  const answer = (method: string, request: object) => {
    const handler = handlers[method];
    assert.ok(handler, `${method} has a handler`);
    return handler(request, { signal: AbortSignal.timeout(30_000) } as Call);
  };
  const expected = sumOf(lines);
  try {
    const summary = await answer('getSalesSummary', { range });
    const [figures] = summary.figures;
    assert.equal(soldLess(summary.figures.map((one: SalesFigures) => ({ figures: one }))), expected.revenue);
    assert.equal(String(figures.orders), expected.orders);
    assert.equal(String(figures.units), expected.units);

    const series = { range, period: Period.MINUTE, currencyCode: 'USD', byDepartment: true };
    const { points } = await answer('getRevenueSeries', series);
    assert.equal(soldLess(points), expected.revenue);
    const { products } = await handlers.getTopProducts?.(
      { range, currencyCode: 'USD', department: 'MEAT' },
      call,
    );
    assert.ok(products.length > 0 && products.every(({ department }: ProductSales) => department === 'MEAT'));
    const { steps } = await answer('getFunnel', { range });
    const placed = steps.find(({ step }: FunnelCount) => step === FunnelStep.PLACED);
    assert.equal(Number(placed?.count), 150);

    const books = await answer('getReconciliation', { range });
    const baskets = books.departments.map((total: { figures: { baskets: bigint } }) => total.figures.baskets);
    assert.equal(String(baskets.reduce((sum: bigint, n: bigint) => sum + n, 0n)), expected.baskets);

    const health = await answer('getEventHealth', {});
    const counts = health.topics.map((topic: { duplicateCount: bigint; eventCount: bigint }) => [
      topic.duplicateCount + topic.eventCount,
      topic.eventCount,
    ]);
    const total = (column: number) =>
      counts.reduce((sum: bigint, row: bigint[]) => sum + (row[column] ?? 0n), 0n);
    assert.deepEqual([Number(total(0)), Number(total(1))], [sent.length, idsOf(sent).size]);
    await assert.rejects(reader.command({ query: 'DROP TABLE sale_lines' }), /readonly|privileges/i);
  } finally {
    await reader.close();
  }
});

test('F-23 the sums are exact after the TaskManager is killed', { timeout: 400_000 }, async () => {
  const recent = history(topics, 150, { start: now - 30_000, end: now }, seeded(3));
  lines.push(...recent.lines);
  const records = withCopies(recent.records, seeded(4));
  await send(records.slice(0, records.length / 2));
  await promisify(execFile)('./shopverse', ['kill', 'flink-taskmanager']);
  await send(records.slice(records.length / 2));
  await waitFor('the job to start again', async () => (await restarts(job)) > 0, SETTLE_MS);
  await settled();
});

test('late facts are told and counted, overdue ones too, and old copies change nothing', {
  timeout: 300_000,
}, async () => {
  const open = history(topics, 20, { start: now - 6 * MINUTE, end: now - 4 * MINUTE }, seeded(5));
  const closed = history(topics, 20, { start: now - 35 * MINUTE, end: now - 25 * MINUTE }, seeded(6));
  lines.push(...open.lines, ...closed.lines);
  await send([...open.records, ...closed.records, ...sent.slice(0, 200)]);
  await settled();
  const [late] = await rows(
    'SELECT countIf(overdue = 0) AS open, countIf(overdue = 1) AS closed FROM late_facts FINAL',
  );
  assert.ok(Number(late?.open) >= open.records.length, `${late?.open} late facts were told`);
  assert.ok(Number(late?.closed) >= closed.records.length, `${late?.closed} overdue facts were told`);
});

function coordinates() {
  type User = { user: string; password: string };
  return stackCoordinates() as unknown as {
    clickhouse: { httpUrl: string; reader: User } & User;
    kafka: { brokers: string[] };
  };
}

/** Waits until everything that was sent has come through, and sees to it that it adds up. */
async function settled(): Promise<void> {
  const expected = { ids: String(idsOf(sent).size), ...sumOf(lines) };
  await waitFor(
    'the archive and the sale lines to be whole',
    async () => {
      const [archive] = await rows('SELECT uniqExact(event_id) AS ids, count() AS n FROM events_raw FINAL');
      const [found] = await rows(
        `SELECT count() AS lines, sum(amount) AS revenue, sum(units) AS units, sum(baskets) AS baskets, sum(orders) AS orders
         FROM sale_lines FINAL`,
      );
      assert.equal(archive?.n, archive?.ids, 'a row an event');
      assert.deepEqual({ ids: archive?.ids, ...found }, expected);
      assert.deepEqual(await differences(store), []);
      return true;
    },
    SETTLE_MS,
  );
  assert.deepEqual(await saleLineDifferences(store), []);
  assert.equal((await rows('SELECT count() AS n FROM records_unreadable'))[0]?.n, '0');
}

function soldLess(rows: readonly { figures: SalesFigures }[]): string {
  const revenue = ({ sold, refunded }: SalesFigures) =>
    (sold?.minorUnits ?? 0n) - (refunded?.minorUnits ?? 0n);
  return String(rows.reduce((sum, { figures }) => sum + revenue(figures), 0n));
}

function idsOf(records: readonly ProducedRecord[]): Set<string> {
  return new Set(records.map((record) => String(record.headers.find(([name]) => name === 'ce_id')?.[1])));
}

function sumOf(all: readonly SaleLine[]) {
  const sum = (pick: (line: SaleLine) => bigint | number) =>
    String(all.reduce((total, line) => total + BigInt(pick(line)), 0n));
  return {
    lines: String(all.length),
    revenue: sum((line) => line.amount),
    units: sum((line) => line.units),
    baskets: sum((line) => line.baskets),
    orders: sum((line) => line.orders),
  };
}

async function send(records: readonly ProducedRecord[]): Promise<void> {
  for (let i = 0; i < records.length; i += 500) {
    await producer.send(records.slice(i, i + 500));
  }
  sent.push(...records);
}

/** Every third record comes again, up to thrice, at once or somewhat later. */
function withCopies(records: readonly ProducedRecord[], random: () => number): ProducedRecord[] {
  const placed = records.flatMap((record, at) => {
    const copies = random() < 1 / 3 ? 1 + Math.floor(random() * 3) : 0;
    const later = Array.from({ length: copies }, () => ({ record, at: at + random() * 200 }));
    return [{ record, at }, ...later];
  });
  return placed.sort((a, b) => a.at - b.at).map(({ record }) => record);
}

async function rows(query: string): Promise<Record<string, string>[]> {
  return (await store.query({ query, format: 'JSONEachRow' })).json();
}

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
