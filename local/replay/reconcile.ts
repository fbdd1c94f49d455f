import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import type { Basket } from '../grocer/line.ts';
import { readBaskets } from '../grocer/year.ts';
import { openSecrets } from '../secrets.ts';
import type { Stack } from '../stack.ts';
import { type Comparison, compare, type Departments, salesOf } from './departments.ts';
import type { Entry } from './journal.ts';
import type { Titles } from './order-basket.ts';

const PATIENCE_MS = 60_000;
const ORDERS_A_QUERY = 2_000;

/** Baskets of the year with the orders that they became and that were paid. */
export type PaidBaskets = { readonly baskets: readonly Basket[]; readonly orderIds: readonly string[] };

/** Which baskets of the journal were paid, read again from the grocer's own data. */
export async function paidBaskets(folder: string, entries: readonly Entry[]): Promise<PaidBaskets> {
  const orders = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind === 'settled' && (entry.state === 'PAID' || entry.state === 'FULFILLED')) {
      orders.set(entry.basketId, entry.orderId);
    }
  }
  const baskets: Basket[] = [];
  if (orders.size > 0) {
    for await (const basket of readBaskets(folder)) {
      if (orders.has(basket.basketId)) baskets.push(basket);
      if (baskets.length === orders.size) break;
    }
  }
  return { baskets, orderIds: [...orders.values()] };
}

/**
 * Compares what ClickHouse says of the paid orders with the grocer's own data, by department, to the cent, the unit
 * and the basket. Waits for the stream to catch up, as long as it may.
 */
export async function reconcile(stack: Stack, paid: PaidBaskets, titles: Titles): Promise<Comparison[]> {
  const clickhouse = createClient({
    url: `http://127.0.0.1:${stack.ports.clickhouseHttp}`,
    username: 'reader',
    password: openSecrets(stack.state)('clickhouse/reader'),
  });
  try {
    const input = salesOf(paid.baskets, titles);
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const comparison = compare(input, await soldBy(clickhouse, paid.orderIds));
      if (comparison.every((each) => each.equal) || Date.now() > until) return comparison;
      await sleep(1_000);
    }
  } finally {
    await clickhouse.close();
  }
}

async function soldBy(
  clickhouse: ReturnType<typeof createClient>,
  orderIds: readonly string[],
): Promise<Departments> {
  const departments: Departments = new Map();
  for (let at = 0; at < orderIds.length; at += ORDERS_A_QUERY) {
    const answer = await clickhouse.query({
      query: `
        SELECT department, toString(sum(amount)) AS revenue, toString(sum(units)) AS units,
               toString(uniqExact(order_id)) AS baskets
        FROM analytics.sale_lines FINAL
        WHERE component = 'ITEM' AND order_id IN {orders: Array(String)}
        GROUP BY department`,
      query_params: { orders: orderIds.slice(at, at + ORDERS_A_QUERY) },
      format: 'JSONEachRow',
    });
    type Row = { department: string; revenue: string; units: string; baskets: string };
    for (const row of await answer.json<Row>()) {
      const sales = departments.get(row.department) ?? { revenue: 0, units: 0, baskets: 0 };
      sales.revenue += Number(row.revenue);
      sales.units += Number(row.units);
      sales.baskets += Number(row.baskets);
      departments.set(row.department, sales);
    }
  }
  return departments;
}
