import { type Invariant, judged } from './invariant.ts';
import { sizesIn, sqlInvariant } from './sql-invariant.ts';
import { sqlSet } from './world/databases.ts';
import { type Difference, differences, told } from './world/sets.ts';

const service = 'inventory';

/** An ACTIVE reservation, with the state of its order; undefined when there is no such order. */
export type ActiveReservation = {
  readonly order_id: string;
  readonly overdue_seconds: number;
  readonly order_state: string | undefined;
};

/** States in which nothing may be reserved for an order any more. */
const settled: ReadonlySet<string | undefined> = new Set(['PAID', 'FULFILLED', 'REJECTED', 'CANCELLED']);

/** I-04: reservations that should have ended: with their order, or by their time a minute ago. */
export function outlived(reservations: readonly ActiveReservation[]): string[] {
  return reservations.flatMap(({ order_id, overdue_seconds, order_state }) => [
    ...(settled.has(order_state) ? [`${order_id} is ${order_state} and its reservation is ACTIVE`] : []),
    ...(overdue_seconds > 60 ? [`${order_id} is reserved ${overdue_seconds} s past its expiry`] : []),
  ]);
}

/** I-06: orders that both sides know and of which they say different units of some SKU. */
export function otherUnits(found: readonly Difference[]): string[] {
  return found.flatMap(({ onlyLeft, onlyRight }) => {
    const reserved = new Map(onlyRight.map((member) => [orderOf(member), member]));
    return onlyLeft.flatMap((ordered) => {
      const other = reserved.get(orderOf(ordered));
      return other === undefined ? [] : [`ordered ${ordered}; reserved ${other}`];
    });
  });
}

function orderOf(member: string): string {
  return member.slice(0, member.indexOf(' '));
}

/** What must hold of stock, its ledger and its reservations. */
export const stockInvariants: readonly Invariant[] = [
  sqlInvariant({
    id: 'I-01',
    sentence: 'per SKU: initial on hand + restocks + returns - sold = on hand',
    when: 'quiet',
    service,
    looksAt: { shelves: 'stock', movements: 'movement' },
    examples: [
      `select format('%s at %s: %s on hand, the movements sum to %s', sku, location_id, on_hand, moved) as example
       from stock full join (
         select sku, location_id, sum(quantity) as moved from movement group by sku, location_id) as ledger
         using (sku, location_id)
       where coalesce(on_hand, 0) <> coalesce(moved, 0)`,
    ],
  }),
  sqlInvariant({
    id: 'I-02',
    sentence: 'per SKU: 0 <= reserved <= on hand',
    when: 'always',
    service,
    looksAt: { shelves: 'stock' },
    examples: [
      `select format('%s at %s: %s reserved of %s', sku, location_id, reserved, on_hand) as example
       from stock where reserved < 0 or reserved > on_hand`,
    ],
  }),
  sqlInvariant({
    id: 'I-03',
    sentence: 'per SKU: reserved = sum of its ACTIVE reservations',
    when: 'always',
    service,
    looksAt: { shelves: 'stock', 'active reservations': "reservation where state = 'ACTIVE'" },
    examples: [
      `select format('%s at %s: %s reserved, %s in active reservations', sku, location_id, reserved, promised)
         as example
       from stock full join (
         select sku, location_id, sum(quantity) as promised
         from reservation_line join reservation using (order_id) where state = 'ACTIVE'
         group by sku, location_id) as active using (sku, location_id)
       where coalesce(reserved, 0) <> coalesce(promised, 0)`,
    ],
  }),
  {
    id: 'I-04',
    sentence: 'no ACTIVE reservation of a settled order, nor 60 s past its expiry',
    when: 'quiet',
    async check({ databases }) {
      const active = await databases.rows<Omit<ActiveReservation, 'order_state'>>(
        service,
        `select order_id::text, extract(epoch from now() - expire_time)::int as overdue_seconds
         from reservation where state = 'ACTIVE'`,
      );
      const states = await databases.rows<{ order_id: string; state: string }>(
        'order',
        'select order_id::text, state from orders where order_id = any($1::uuid[])',
        [active.map(({ order_id }) => order_id)],
      );
      const stateOf = new Map(states.map(({ order_id, state }) => [order_id, state]));
      const reservations = active.map((row) => ({ ...row, order_state: stateOf.get(row.order_id) }));
      const sizes = await sizesIn(databases, service, { reservations: 'reservation' });
      return judged({ ...sizes, 'of them active': active.length }, outlived(reservations));
    },
  },
  {
    id: 'I-05',
    sentence:
      'never oversold: what orders bought has left the stock, unit for unit; nor undersold: who was refused asked for more than there was',
    when: 'quiet',
    async check({ databases, topics }) {
      const bought = sqlSet(
        databases,
        'order',
        `select left(md5(sku), 1) as grouping, sku || ' x' || sum(quantity) as member
         from order_line join orders using (order_id) where state in ('PAID', 'FULFILLED') group by sku`,
      );
      const left = sqlSet(
        databases,
        service,
        `select left(md5(sku), 1) as grouping, sku || ' x' || -sum(quantity) as member
         from movement where kind in ('SALE', 'RETURN') group by sku having sum(quantity) <> 0`,
      );
      const unequal = told(await differences(bought, left), 'bought', 'taken from stock');
      const { hollowShortages, shortages } = (await topics()).facts;
      const refusedInVain = await databases.rows<{ example: string }>(service, undersoldSql, [
        shortages.map(({ orderId }) => orderId),
        shortages.map(({ sku }) => sku),
        shortages.map(({ requested }) => requested.toString()),
      ]);
      const sizes = await sizesIn(databases, service, {
        'sales and returns': "movement where kind in ('SALE', 'RETURN')",
      });
      return judged({ ...sizes, shortages: shortages.length }, [
        ...unequal,
        ...hollowShortages,
        ...refusedInVain.map(({ example }) => example),
      ]);
    },
  },
  {
    id: 'I-06',
    sentence: 'lines that share a SKU are summed before the check',
    when: 'always',
    async check({ databases }) {
      const ordered = sqlSet(databases, 'order', unitsSql('order_line'));
      const reserved = sqlSet(databases, service, unitsSql('reservation_line'));
      const sizes = await sizesIn(databases, service, { 'reserved lines': 'reservation_line' });
      return judged(sizes, otherUnits(await differences(ordered, reserved)));
    },
  },
  sqlInvariant({
    id: 'I-07',
    sentence:
      'at most one stock movement per (order, SKU, kind, attempt) at a location, and only of what was reserved',
    when: 'always',
    service,
    looksAt: { 'movements of orders': 'movement where order_id is not null' },
    examples: [
      `select format('%s %s at %s: %s movements %s %s', order_id, sku, location_id, count(*), kind, attempt) as example
       from movement where order_id is not null
       group by order_id, sku, location_id, kind, attempt having count(*) > 1`,
      `select format('%s %s at %s: %s %s, reserved %s', m.order_id, m.sku, m.location_id, m.kind, m.quantity,
         coalesce(l.quantity, 0)) as example
       from movement m left join reservation_line l using (order_id, sku, location_id)
       where m.order_id is not null and abs(m.quantity) is distinct from l.quantity`,
    ],
  }),
];

/** Each order's units by SKU, in one text. */
function unitsSql(table: string): string {
  return `
    select left(md5(order_id::text), 2) as grouping,
      order_id || ' ' || string_agg(sku || ' x' || units, ', ' order by sku collate "C") as member
    from (select order_id, sku, sum(quantity) as units from ${table} group by order_id, sku) as summed
    group by order_id`;
}

/**
 * I-05: refusals of units that were there, by the ledger and the reservations alone. What happened within half a minute of
 * the refusal counts against the stock, as times are the processes' own, and come before the commit.
 */
const undersoldSql = `
  with asked as (
    select order_id, sku, requested, create_time - interval '30 s' as early, create_time + interval '30 s' as late
    from unnest($1::uuid[], $2::text[], $3::bigint[]) as told (order_id, sku, requested)
    join reservation using (order_id)),
  held as materialized (
    select sku, quantity, create_time, case state when 'ACTIVE' then 'infinity' else update_time end as end_time
    from reservation_line join reservation using (order_id) where sku = any($2) and state <> 'REJECTED')
  select format('%s was refused %s of %s, of which there were %s', order_id, requested, sku, least_there) as example
  from asked cross join lateral (
    select coalesce((select sum(quantity) from movement where movement.sku = asked.sku
        and create_time <= case when quantity < 0 then late else early end), 0)
      - coalesce((select sum(quantity) from held where held.sku = asked.sku
        and create_time <= late and end_time >= early), 0) as least_there) as bound
  where least_there >= requested`;
