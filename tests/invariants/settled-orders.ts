import { type Invariant, judged, type Verdict } from './invariant.ts';
import { halfDone, leftOver, outcomeOf, unpaid } from './outcomes.ts';
import { examplesIn } from './sql-invariant.ts';
import { otherTotals, type SoldByOrder } from './totals.ts';
import type { Checkout } from './world/checkouts.ts';
import type { ClickHouse } from './world/clickhouse.ts';
import { sqlSet } from './world/databases.ts';
import { differences, memorySet, told } from './world/sets.ts';
import type { World } from './world/world.ts';

/** What must hold of orders once they are settled, over all services that took part. */
export const settledOrderInvariants: readonly Invariant[] = [
  {
    id: 'I-14',
    sentence: 'CONFIRMED or later means: payment covers the total and every reservation is committed',
    when: 'quiet',
    check: (world) => overCheckouts(world, (each) => outcomeOf(each) === 'sold', unpaid),
  },
  {
    id: 'I-15',
    sentence:
      'CANCELLED or REJECTED means: captured - refunded = 0, no open authorisation, no active reservation, coupon given back',
    when: 'quiet',
    check: (world) => overCheckouts(world, (each) => outcomeOf(each) === 'undone', leftOver),
  },
  {
    id: 'I-16',
    sentence: 'each executed saga step is kept or compensated, exactly once, never both',
    when: 'quiet',
    async check(world) {
      const verdict = await overCheckouts(world, (each) => outcomeOf(each) !== 'under way', halfDone);
      const { orphans } = await world.checkouts();
      return 'looked' in verdict
        ? { ...verdict, counterexamples: [...verdict.counterexamples, ...orphans] }
        : verdict;
    },
  },
  {
    id: 'I-17',
    sentence:
      'total = sum(qty x the price quoted at checkout) - discount + tax + shipping, >= 0, and the same in order, payment, event and ClickHouse',
    when: 'quiet',
    async check({ databases, checkouts, topics, clickhouse }) {
      const { all } = await checkouts();
      const { facts } = await topics();
      const summed = await examplesIn(databases, 'order', [sumsSql]);
      const stored = sqlSet(databases, 'order', linesSql);
      const placed = Array.from(
        facts.orders,
        ([orderId, { lines }]) => `${orderId} ${lines ?? 'never placed'}`,
      );
      const quoted = memorySet(Map.groupBy(placed, (member) => member.slice(34, 36)));
      const lines = told(await differences(stored, quoted), 'lines in the order', 'in OrderPlaced');
      const totals = otherTotals(all, facts, await soldByOrder(clickhouse));
      return judged({ orders: all.length }, [...summed, ...lines, ...totals]);
    },
  },
];

async function overCheckouts(
  world: World,
  concerned: (checkout: Checkout) => boolean,
  problems: (checkout: Checkout) => string[],
): Promise<Verdict> {
  const { all } = await world.checkouts();
  return judged({ orders: all.filter(concerned).length }, all.flatMap(problems));
}

async function soldByOrder(clickhouse: ClickHouse): Promise<SoldByOrder | undefined> {
  if (!(await clickhouse.hasTables())) {
    return undefined;
  }
  const rows = await clickhouse.rows<{ order_id: string; sold: string }>(
    `SELECT order_id, concat(currency, ' ', toString(sum(amount))) AS sold
     FROM sale_lines FINAL WHERE entry = 'SALE' GROUP BY order_id, currency`,
  );
  return new Map(rows.map(({ order_id, sold }) => [order_id, sold]));
}

/** Orders whose sums aren't those of their lines. */
const sumsSql = `
  select format('%s: the lines sum to %s, the subtotal is %s, the total %s', order_id, lines, subtotal, total) as example
  from orders left join (
    select order_id, sum(quantity * unit_price - discount) as lines, sum(amount) as amounts
    from order_line group by order_id) as summed using (order_id)
  where lines is distinct from subtotal or amounts is distinct from subtotal
    or total <> subtotal - discount + shipping + tax or total < 0`;

/** Each order with a hash of its lines, as OrderPlaced tells them. */
const linesSql = `
  select right(order_id::text, 2) as grouping,
    order_id || ' ' || md5(string_agg(
      sku || ':' || quantity || 'x' || unit_price || '-' || discount || '=' || amount, ',' order by number)) as member
  from order_line group by order_id`;
