import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Database } from '#platform/db/database.ts';
import type { Tables } from '../adapters/tables.ts';

// Each query lists the counterexamples of an invariant of reliability.md.
const queries = {
  'I-01 the ledger sums up to what is on hand': sql`
    select s.sku, s.location_id, s.on_hand, sum(m.quantity) as moved
    from stock s left join movement m using (sku, location_id)
    group by s.sku, s.location_id having s.on_hand is distinct from sum(m.quantity)`,
  'I-02 reserved never exceeds on hand': sql`
    select sku, location_id, reserved, on_hand from stock where reserved < 0 or reserved > on_hand`,
  'I-03 reserved is the sum of the active reservations': sql`
    with promised as (
      select sku, location_id, sum(quantity) as quantity
      from reservation_line join reservation using (order_id)
      where state = 'ACTIVE' group by sku, location_id)
    select sku, location_id, s.reserved, p.quantity
    from stock s full join promised p using (sku, location_id)
    where s.reserved is distinct from coalesce(p.quantity, 0)`,
  'I-07 one movement for each order, SKU, location, kind and attempt': sql`
    select order_id, sku, location_id, kind, attempt from movement where order_id is not null
    group by order_id, sku, location_id, kind, attempt having count(*) > 1`,
  'sold and returned is what the reservations say': sql`
    with ought as (
      select order_id, sku, location_id, 'SALE' as kind, -quantity as quantity
      from reservation_line join reservation using (order_id) where state in ('COMMITTED', 'RETURNED')
      union all
      select order_id, sku, location_id, 'RETURN', quantity
      from reservation_line join reservation using (order_id) where state = 'RETURNED')
    select * from ought
    full join (select * from movement where order_id is not null) m
      using (order_id, sku, location_id, kind, quantity)
    where ought.order_id is null or m.order_id is null or ought.kind is null or m.movement_id is null`,
  'I-30 facts are numbered from 1 without gaps': sql`
    select aggregate_id, count(*), max(aggregate_seq) from outbox
    group by aggregate_id having count(*) <> max(aggregate_seq)`,
  'I-30 the number of the last fact is the reservation’s': sql`
    select order_id, sequence, max(aggregate_seq) as stated
    from reservation left join outbox on aggregate_id = order_id::text
    group by order_id having sequence is distinct from max(aggregate_seq)`,
  'I-30 the number of the last fact is the SKU’s': sql`
    select sku, sequence, max(aggregate_seq) as stated
    from level_sequence left join outbox on aggregate_id = sku
    group by sku having sequence is distinct from max(aggregate_seq)`,
};

/** Fails with the counterexamples when one of the inventory's invariants doesn't hold. */
export async function assertInvariants({ db }: Database<Tables>): Promise<void> {
  for (const [name, query] of Object.entries(queries)) {
    assert.deepEqual((await query.execute(db)).rows, [], name);
  }
}
