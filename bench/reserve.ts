import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '#platform/db/database.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { asOnlyWriter } from '../services/inventory/adapters/one-writer.ts';
import { reservationsIn } from '../services/inventory/adapters/reservations.ts';
import { shelvesIn } from '../services/inventory/adapters/shelves.ts';
import type { Tables } from '../services/inventory/adapters/tables.ts';
import { migrations } from '../services/inventory/migrations/all.ts';
import { receiveStock } from '../services/inventory/usecases/receive-stock.ts';
import { reserveStock } from '../services/inventory/usecases/reserve-stock.ts';
import { settleReservation } from '../services/inventory/usecases/settle-reservation.ts';

// How many orders a second the inventory reserves, and then sells, with everything but Kafka: in batches of one
// transaction each, as its consumer does it, on a real Postgres of the running stack. An order counts once it is
// reserved and sold. One JSON line; the CPU figures are the steadier ones on a busy machine.
const conditions = {
  skus: numberOf('SKUS', 92_331),
  orders: numberOf('ORDERS', 3_000),
  linesPerOrder: numberOf('LINES', 10),
  batch: numberOf('BATCH', 50),
  writers: numberOf('WRITERS', 1),
  gate: process.env.GATE !== 'off',
};
const ids = { uuid: uuidv7 };
const database = await testDatabase<Tables>(migrations, { service: 'inventory' });
try {
  const loaded = await loadStock();
  const orders = Array.from({ length: conditions.orders }, () => ({ orderId: uuidv7(), lines: basket() }));
  const warmUp = Array.from({ length: 200 }, () => ({ orderId: uuidv7(), lines: basket() }));
  await eachInBatches(warmUp, reserve);
  await eachInBatches(warmUp, sell);
  const postgresBefore = await postgresCpuMs();
  const reserved = await timed(() => eachInBatches(orders, reserve));
  const sold = await timed(() => eachInBatches(orders, sell));
  const postgresMs = ((await postgresCpuMs()) - postgresBefore) / conditions.orders;
  const nodeMs = (reserved.cpuMs + sold.cpuMs) / conditions.orders;
  const rate = (seconds: number) => Math.round(conditions.orders / seconds);
  console.log(
    JSON.stringify({
      bench: 'reserve',
      reservedPerSecond: rate(reserved.seconds),
      soldPerSecond: rate(sold.seconds),
      ordersPerSecond: rate(reserved.seconds + sold.seconds),
      ordersPerCpuSecond: Math.round(1_000 / (nodeMs + postgresMs)),
      nodeCpuMsPerOrder: round(nodeMs),
      postgresCpuMsPerOrder: round(postgresMs),
      loadedSkusPerSecond: Math.round(conditions.skus / loaded.seconds),
      loadSeconds: round(loaded.seconds),
      ...conditions,
      cores: availableParallelism(),
      load1m: round(loadavg()[0] ?? 0),
      node: process.version,
    }),
  );
} finally {
  await database.drop();
}

type Order = { readonly orderId: string; readonly lines: { sku: string; quantity: number }[] };

async function reserve(tx: Tx<Tables>, order: Order): Promise<void> {
  const now = new Date();
  await reserveStock(reservationsIn(tx, ids, now), order, new Date(now.getTime() + 600_000));
}

async function sell(tx: Tx<Tables>, order: Order): Promise<void> {
  const now = new Date();
  await settleReservation(reservationsIn(tx, ids, now), order.orderId, 'commit', now);
}

async function eachInBatches(
  orders: readonly Order[],
  work: (tx: Tx<Tables>, order: Order) => Promise<void>,
): Promise<void> {
  const batches: Order[][] = [];
  for (let start = 0; start < orders.length; start += conditions.batch) {
    batches.push(orders.slice(start, start + conditions.batch));
  }
  await Promise.all(
    Array.from({ length: conditions.writers }, async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const own = batch;
        await database.transaction(async (tx) => {
          if (conditions.gate) {
            await asOnlyWriter(tx);
          }
          for (const order of own) {
            await work(tx, order);
          }
        });
      }
    }),
  );
}

async function loadStock() {
  const now = new Date();
  await database.db
    .insertInto('location')
    .values({ location_id: 'main', display_name: 'Main', priority: 0, create_time: now })
    .execute();
  return timed(async () => {
    for (let first = 0; first < conditions.skus; first += 2_000) {
      const count = Math.min(2_000, conditions.skus - first);
      const lines = Array.from({ length: count }, (_, i) => ({
        sku: String(first + i),
        quantity: 1_000_000,
        restockThreshold: 100,
      }));
      await database.transaction((tx) =>
        receiveStock(shelvesIn(tx, ids, now), { locationId: 'main', lines }),
      );
    }
  });
}

/** Some SKUs are in every second basket, most in none: cubing a uniform number makes such a head. */
function basket() {
  return Array.from({ length: conditions.linesPerOrder }, () => ({
    sku: String(Math.floor(Math.random() ** 3 * conditions.skus)),
    quantity: 1 + Math.floor(Math.random() * 3),
  }));
}

async function timed(work: () => Promise<unknown>) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuMs: (used.user + used.system) / 1000 };
}

/** What the backends of this database have used so far; they must run on this machine. */
async function postgresCpuMs(): Promise<number> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database()`.execute(database.db);
  const ticks = rows.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  // A tick is 10 ms on Linux.
  return ticks.reduce((sum, each) => sum + each, 0) * 10;
}

function numberOf(key: string, fallback: number): number {
  return Number(process.env[key] ?? fallback);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
