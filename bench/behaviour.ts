import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createClient } from '@clickhouse/client';
import { BehaviourService } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { openStack } from '../local/stack.ts';
import { conditions, openLoop, quantile, round } from './open-loop.ts';
import { costOf, perPiece } from './parts-cpu.ts';

// What visitors do, from Envoy through the gateway and Kafka to ClickHouse: batches of 100 events at a fixed rate, and
// how long each batch takes until the archive and the funnel's rollup have it. Counted at the end: nothing may be lost.
// With what each part spent on it. gRPC, open loop. One JSON line.
const eventsPerSecond = Number(process.env.RATE ?? 10_000);
const seconds = Number(process.env.SECONDS ?? 15);
const batch = 100;
const LONGEST_MS = 120_000;

const load = loadavg()[0];
const stack = openStack({});
const { clickhouse } = stackCoordinates() as unknown as {
  clickhouse: { httpUrl: string; user: string; password: string };
};
const store = createClient({
  url: clickhouse.httpUrl,
  username: clickhouse.user,
  password: clickhouse.password,
  database: 'analytics',
});
const behaviour = outsideClient(BehaviourService, stack.ports.edge);
const sessions = Array.from({ length: 500 }, () => randomUUID());
try {
  const [events, views] = [await archived(), await viewed()];
  let sent = 0;
  const probes: { readonly events: number; readonly at: number }[] = [];
  const delays: number[] = [];
  let publishing = true;
  const { result, cpu } = await costOf(stack, async () => {
    const watching = watch();
    const began = performance.now();
    const measured = await openLoop({ rate: eventsPerSecond / batch, seconds }, async (number) => {
      await behaviour.publishBehaviourEvents({
        sessionId: sessions[number % sessions.length] ?? '',
        events: Array.from({ length: batch }, () => ({
          eventId: randomUUID(),
          eventTime: timestampFromDate(new Date()),
          event: {
            case: 'productViewed' as const,
            value: { productId: `p-${number % 997}`, sku: `s-${number % 997}` },
          },
        })),
      });
      sent += batch;
      probes.push({ events: sent, at: performance.now() });
    });
    const lasted = (performance.now() - began) / 1_000;
    publishing = false;
    await watching;
    return { measured, lasted };
  });
  const { measured, lasted } = result;
  // Microseconds an event are milliseconds a thousand.
  const cost = perPiece(cpu, sent / 1_000);
  const [stored, counted] = [(await archived()) - events, (await viewed()) - views];
  delays.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      bench: 'behaviour',
      ...{ eventsPerSecond: round(sent / lasted), asked: eventsPerSecond, seconds },
      call: { p50: measured.p50, p99: measured.p99, errors: measured.errors },
      toDashboardMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) },
      cpuMicrosPerEvent: cost.sum,
      byPart: cost.byPart,
      // What was answered for and isn't there. A call that timed out may be there all the same.
      ...{ sent, stored, counted, lost: Math.max(0, sent - Math.min(stored, counted)) },
      ...conditions(load),
    }),
  );

  /** When the rollup has as many as had been answered for, they are on the dashboard. */
  async function watch(): Promise<void> {
    const end = Date.now() + LONGEST_MS + seconds * 1_000;
    while ((publishing || probes.length > 0 || sent > (await archived()) - events) && Date.now() < end) {
      const there = (await viewed()) - views;
      while (probes[0] !== undefined && probes[0].events <= there) {
        delays.push(performance.now() - (probes.shift()?.at ?? 0));
      }
      await sleep(100);
    }
  }
} finally {
  behaviour.close();
  await store.close();
}

async function archived(): Promise<number> {
  return count(
    `SELECT uniqExact(event_id) AS n FROM events_raw
     WHERE topic = 'shopverse.behaviour.v1' AND ce_time > now() - INTERVAL 1 HOUR`,
  );
}

async function viewed(): Promise<number> {
  return count(
    `SELECT sum(events) AS n FROM (SELECT max(fact_count) AS events FROM funnel_totals
     WHERE period = 'MINUTE' AND step = 'VIEWED' AND window_start > now() - INTERVAL 1 HOUR GROUP BY window_start)`,
  );
}

async function count(query: string): Promise<number> {
  const rows = await (await store.query({ query, format: 'JSONEachRow' })).json<{ n: string }>();
  return Number(rows[0]?.n ?? 0);
}
