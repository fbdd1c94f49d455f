import type { ClickHouseClient } from '@clickhouse/client';

/** An aggregate that dashboards read, and the same computed anew. Both have the same columns. */
export type Recomputation = { readonly name: string; readonly found: string; readonly expected: string };

/** A row that one side has and the other lacks. */
export type Difference = {
  readonly table: string;
  readonly side: 'found' | 'expected';
  readonly row: Readonly<Record<string, unknown>>;
};

const FIGURES = `sumIf(amount, entry = 'SALE') AS sold, -sumIf(amount, entry = 'REFUND') AS refunded,
  sum(units) AS units, sum(baskets) AS baskets, sum(orders) AS orders`;

/** I-52: every aggregate, from the facts themselves: revenue and products from sale lines, the funnel from raw events. */
export const recomputations: readonly Recomputation[] = [
  {
    name: 'revenue',
    found:
      'SELECT period, window_start, department, currency, sold, refunded, units, baskets, orders FROM revenue',
    expected: `SELECT period, if(period = 'HOUR', toStartOfHour(event_time), toStartOfMinute(event_time)) AS window_start,
        department, currency, ${FIGURES}
      FROM sale_lines FINAL ARRAY JOIN ['MINUTE', 'HOUR'] AS period
      GROUP BY period, window_start, department, currency`,
  },
  {
    name: 'products',
    found: 'SELECT window_start, sku, currency, sold, refunded, units, baskets, orders FROM products',
    expected: `SELECT toStartOfHour(event_time) AS window_start, sku, currency, ${FIGURES}
      FROM sale_lines FINAL WHERE component = 'ITEM' GROUP BY window_start, sku, currency`,
  },
  {
    name: 'funnel',
    found: 'SELECT period, window_start, step, fact_count FROM funnel',
    expected: `SELECT period, if(period = 'HOUR', toStartOfHour(event_time), toStartOfMinute(event_time)) AS window_start,
        step, count() AS fact_count
      FROM funnel_steps ARRAY JOIN ['MINUTE', 'HOUR'] AS period
      GROUP BY period, window_start, step`,
  },
];

/** At most 100 differences of each aggregate from its recomputation. None when all is right, and quiet. */
export async function differences(client: ClickHouseClient): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const recomputation of recomputations) {
    found.push(...(await differencesOf(client, recomputation)));
  }
  return found;
}

async function differencesOf(client: ClickHouseClient, recomputation: Recomputation): Promise<Difference[]> {
  const { name, found, expected } = recomputation;
  const result = await client.query({
    query: `SELECT * FROM (
        SELECT 'found' AS side, * FROM (${normal(found)} EXCEPT ${normal(expected)})
        UNION ALL
        SELECT 'expected' AS side, * FROM (${normal(expected)} EXCEPT ${normal(found)})
      ) LIMIT 100`,
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ side: Difference['side'] } & Record<string, unknown>>();
  return rows.map(({ side, ...row }) => ({ table: name, side, row }));
}

/** Columns of either side come in different widths of integer; as text they compare. */
function normal(query: string): string {
  return `SELECT * APPLY toString FROM (${query})`;
}
