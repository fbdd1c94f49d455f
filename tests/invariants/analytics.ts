import { recomputations } from '../../services/analytics/clickhouse/recompute.ts';
import { saleLineDifferences } from '../../services/analytics/clickhouse/recompute-lines.ts';
import { type Invariant, judged, type Verdict } from './invariant.ts';
import { sizesIn } from './sql-invariant.ts';
import { type ClickHouse, clickhouseSet } from './world/clickhouse.ts';
import type { ToldMovement } from './world/facts.ts';
import { differences, memorySet, told } from './world/sets.ts';
import type { TopicSeen } from './world/topics.ts';
import type { World } from './world/world.ts';

/** What a day's sales came to in one currency, in minor units, as a decimal text. */
export type DayOfMoney = { readonly day: string; readonly currency: string; readonly amount: string };

const notMade = { notApplicable: 'analytics has made no tables in ClickHouse yet' };

/** I-51: days and currencies of which the two sides tell another amount. */
export function otherDays(found: readonly DayOfMoney[], expected: readonly DayOfMoney[]): string[] {
  const key = ({ day, currency }: DayOfMoney) => `${day} ${currency}`;
  const [ours, theirs] = [found, expected].map((rows) => new Map(rows.map((row) => [key(row), row.amount])));
  const days = new Set([...found, ...expected].map(key));
  return [...days].sort().flatMap((day) => {
    const [one, other] = [ours?.get(day) ?? '0', theirs?.get(day) ?? '0'];
    return one === other ? [] : [`${day}: ClickHouse has ${one}, the payments come to ${other}`];
  });
}

/** What each movement of money must come to in sale lines: `event USD 1234`, in groups. */
export function movedMoney(movements: readonly ToldMovement[]): Map<string, string[]> {
  const told = movements
    .filter(({ amount }) => amount !== 0n)
    .map(({ eventId, currency, amount }) => `${eventId} ${currency} ${amount}`);
  return Map.groupBy(told, (member) => member.slice(34, 36));
}

/** I-50: the ids that Kafka has, by topic. A record without one isn't an event. */
export function idsByTopic(topics: readonly TopicSeen[]): Map<string, string[]> {
  const full = topics.filter(({ events }) => events.size > 0);
  return new Map(full.map(({ topic, events }) => [topic, [...events.keys()]]));
}

/** What must hold of the figures that dashboards show. */
export const analyticsInvariants: readonly Invariant[] = [
  {
    id: 'I-50',
    sentence: 'distinct event ids in ClickHouse = distinct ids in Kafka, per topic',
    when: 'quiet',
    check: (world) =>
      withTables(world, async () => {
        const { topics } = await world.topics();
        const kafka = idsByTopic(topics);
        const archive = clickhouseSet(world.clickhouse, archiveSql(topics));
        const found = told(await differences(memorySet(kafka), archive), 'in Kafka', 'in ClickHouse');
        const [row] = await world.clickhouse.rows<{ repeats: string }>(
          `SELECT toString(count() - uniqExact(topic, event_id)) AS repeats FROM events_raw FINAL`,
        );
        const repeats = row?.repeats === '0' ? [] : [`${row?.repeats} events are in ClickHouse twice`];
        const events = [...kafka.values()].reduce((sum, ids) => sum + ids.length, 0);
        return judged({ events, topics: kafka.size }, [...found, ...repeats]);
      }),
  },
  {
    id: 'I-51',
    sentence:
      'revenue in ClickHouse = captured - refunded in Postgres, per currency and day, difference exactly 0, and fact by fact',
    when: 'quiet',
    check: (world) =>
      withTables(world, async () => {
        const { databases, clickhouse } = world;
        const found = await clickhouse.rows<DayOfMoney>(revenueSql);
        const expected = await databases.rows<DayOfMoney>('payment', paymentsSql);
        const { movements } = (await world.topics()).facts;
        const lines = clickhouseSet(clickhouse, linesSql);
        const unequal = told(
          await differences(memorySet(movedMoney(movements)), lines),
          'moved',
          'in sale lines',
        );
        const sizes = await sizesIn(databases, 'payment', {
          'payments that took money': 'payment where captured > 0',
        });
        return judged({ ...sizes, 'captures and refunds': movements.length, days: expected.length }, [
          ...otherDays(found, expected),
          ...unequal,
        ]);
      }),
  },
  {
    id: 'I-52',
    sentence: 'each aggregate table = the same recomputed from the raw events',
    when: 'quiet',
    check: (world) =>
      withTables(world, async () => {
        const found: string[] = [];
        const sizes: Record<string, number> = {};
        for (const { name, found: shown, expected } of recomputations) {
          const [row] = await world.clickhouse.rows<{ size: string }>(
            `SELECT toString(count()) AS size FROM (${expected})`,
          );
          sizes[`rows of ${name}`] = Number(row?.size ?? 0);
          found.push(...(await unequalRows(world.clickhouse, name, shown, expected)));
        }
        const lines = await saleLineDifferences(world.clickhouse);
        found.push(...lines.map(({ side, row }) => `sale lines, ${side} only: ${JSON.stringify(row)}`));
        return judged(sizes, found);
      }),
  },
];

/** I-52: rows that a table shows and its recomputation doesn't, and the reverse. Both have the same columns. */
export async function unequalRows(
  clickhouse: Pick<ClickHouse, 'rows'>,
  table: string,
  shown: string,
  expected: string,
): Promise<string[]> {
  // Integers come in different widths; as text they compare.
  const [one, other] = [shown, expected].map((query) => `SELECT * APPLY toString FROM (${query})`);
  const only = (these: string | undefined, those: string | undefined) =>
    clickhouse.rows(`SELECT * FROM (${these} EXCEPT ${those}) LIMIT 1000`);
  const [extra, lacking] = [await only(one, other), await only(other, one)];
  return [
    ...extra.map((row) => `${table} shows ${JSON.stringify(row)}, recomputed it isn't so`),
    ...lacking.map((row) => `${table} lacks ${JSON.stringify(row)}`),
  ];
}

async function withTables({ clickhouse }: World, check: () => Promise<Verdict>): Promise<Verdict> {
  return (await clickhouse.hasTables()) ? check() : notMade;
}

/** Where Kafka's oldest records are gone, the archive is looked at from where Kafka begins. */
function archiveSql(topics: readonly TopicSeen[]): string {
  const gone = topics.flatMap(({ topic, bounds }) =>
    bounds
      .filter(({ first }) => first > 0n)
      .map(
        ({ partition, first }) =>
          `NOT (topic = '${topic}' AND partition = ${partition} AND offset < ${first})`,
      ),
  );
  const condition = gone.length === 0 ? '' : `WHERE ${gone.join(' AND ')}`;
  return `SELECT topic AS grouping, event_id AS member FROM events_raw FINAL ${condition}`;
}

const revenueSql = `
  SELECT toString(toDate(event_time, 'UTC')) AS day, currency, toString(sum(amount)) AS amount
  FROM sale_lines FINAL GROUP BY day, currency`;

/** The ledger's postings on the day that the fact of the same transaction tells. */
const paymentsSql = `
  select day, currency, sum(amount)::text as amount from (
    select currency, amount, to_char(coalesce(
      (select min((headers ->> 'ce_time')::timestamptz) from outbox
        where topic = 'shopverse.payment.v1' and aggregate_id = ledger_entry.payment_id::text
          and type in ('shopverse.payment.v1.PaymentCaptured', 'shopverse.payment.v1.PaymentRefunded')
          and outbox.created_at = ledger_entry.created_at),
      created_at) at time zone 'UTC', 'YYYY-MM-DD') as day
    from ledger_entry where account = 'PROVIDER_BALANCE') as posted
  group by day, currency`;

const linesSql = `
  SELECT substring(event_id, 35, 2) AS grouping,
    concat(event_id, ' ', currency, ' ', toString(sum(amount))) AS member
  FROM sale_lines FINAL GROUP BY event_id, currency`;
