import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { Ids } from '#platform/ports.ts';
import type { ReservedLine } from '../domain/allocation.ts';
import type { Decision } from '../domain/decide.ts';
import type { Reservation, ReservationState } from '../domain/reservation.ts';
import type { Held, Reservations } from '../ports.ts';
import { reservationEvent } from './facts.ts';
import { stateLevels } from './level-facts.ts';
import { lockedShelves, type ShelfRow, toShelf } from './shelf-rows.ts';
import type { Tables } from './tables.ts';

/** Reservations in Postgres. One statement locks all that a decision needs, another writes all of it. */
export function reservationsIn(tx: Tx<Tables>, ids: Ids, now: Date): Reservations {
  return {
    lockFor: (orderId, skus) => lockFor(tx, orderId, skus),
    lockOf: (orderId) => lockOf(tx, orderId),
    async save(decision, levels) {
      await write(tx, decision, ids, now);
      tx.append(reservationEvent(decision.reservation, decision.fact));
      await stateLevels(tx, levels);
    },
    async due(at, limit) {
      const rows = await tx.db
        .selectFrom('reservation')
        .select('order_id')
        .where('state', '=', sql.lit('ACTIVE'))
        .where('expire_time', '<=', at)
        .orderBy('expire_time')
        .limit(limit)
        .execute();
      return rows.map((row) => row.order_id);
    },
  };
}

type ReservationRow = {
  state: ReservationState | null;
  sequence: bigint;
  expire_time: Date;
  lines: readonly (readonly [sku: string, locationId: string, quantity: number])[] | null;
  shelves: readonly ShelfRow[] | null;
};

async function lockFor(tx: Tx<Tables>, orderId: string, skus: readonly string[]): Promise<Held> {
  return toHeld(
    orderId,
    await sql<ReservationRow>`
      with shelf as materialized (${lockedShelves(sql`s.sku = any(${skus}::text[])`)})
      select r.state, r.sequence, r.expire_time, null::json as lines,
        (select json_agg(json_build_array(${columns})) from shelf) as shelves
      from (values (${orderId}::uuid)) as one (order_id) left join reservation r using (order_id)`.execute(
      tx.db,
    ),
  );
}

async function lockOf(tx: Tx<Tables>, orderId: string): Promise<Held> {
  return toHeld(
    orderId,
    await sql<ReservationRow>`
      with held as materialized (select * from reservation where order_id = ${orderId}::uuid for update),
      line as materialized (select * from reservation_line where order_id = ${orderId}::uuid),
      shelf as materialized (${lockedShelves(sql`s.sku = any(array(select sku from line))`)})
      select held.state, held.sequence, held.expire_time,
        (select json_agg(json_build_array(sku, location_id, quantity) order by sku, location_id) from line) as lines,
        (select json_agg(json_build_array(${columns})) from shelf) as shelves
      from held`.execute(tx.db),
  );
}

const columns = sql.raw('sku, location_id, priority, on_hand, reserved, restock_threshold');

function toHeld(orderId: string, { rows }: { rows: readonly ReservationRow[] }): Held {
  const row = rows[0];
  return {
    reservation: row === undefined || row.state === null ? undefined : toReservation(orderId, row, row.state),
    shelves: (row?.shelves ?? []).map(toShelf),
  };
}

function toReservation(orderId: string, row: ReservationRow, state: ReservationState): Reservation {
  return {
    orderId,
    state,
    lines: (row.lines ?? []).map(([sku, locationId, quantity]) => ({ sku, locationId, quantity })),
    expireTime: row.expire_time,
    sequence: Number(row.sequence),
  };
}

async function write(tx: Tx<Tables>, decision: Decision, ids: Ids, now: Date): Promise<void> {
  const { reservation, changes, movements } = decision;
  const { rows } = await sql<{ kept: bigint; shelves: bigint }>`
    with kept as (
      insert into reservation as r (order_id, state, sequence, expire_time, create_time, update_time)
      values (${reservation.orderId}, ${reservation.state}, ${reservation.sequence},
        ${reservation.expireTime}, ${now}, ${now})
      on conflict (order_id) do update
        set state = excluded.state, sequence = excluded.sequence,
          expire_time = excluded.expire_time, update_time = excluded.update_time
        where r.sequence = excluded.sequence - 1
      returning 1)
    ${changes.length === 0 ? sql`` : shelfUpdate(decision, now)}
    ${decision.fact.kind === 'reserved' ? lineInsert(reservation.orderId, reservation.lines) : sql``}
    ${movements.length === 0 ? sql`` : movementInsert(decision, ids, now)}
    select (select count(*) from kept) as kept, (select count(*) from ${
      changes.length === 0 ? sql`kept where false` : sql`shelf`
    }) as shelves`.execute(tx.db);
  // Nothing half-done may be committed: a throw rolls the transaction back, and the message is taken up again.
  if (rows[0]?.kept !== 1n || rows[0].shelves !== BigInt(changes.length)) {
    throw new Error(`The reservation of order ${reservation.orderId} or its shelves changed meanwhile`);
  }
}

function shelfUpdate({ changes }: Decision, now: Date): RawBuilder<unknown> {
  return sql`, shelf as (
    update stock s
    set on_hand = s.on_hand + c.on_hand, reserved = s.reserved + c.reserved, update_time = ${now}
    from unnest(${changes.map((change) => change.sku)}::text[],
      ${changes.map((change) => change.locationId)}::text[],
      ${changes.map((change) => change.onHand)}::bigint[],
      ${changes.map((change) => change.reserved)}::bigint[]) as c (sku, location_id, on_hand, reserved)
    where s.sku = c.sku and s.location_id = c.location_id
    returning 1)`;
}

function lineInsert(orderId: string, lines: readonly ReservedLine[]): RawBuilder<unknown> {
  return sql`, line as (
    insert into reservation_line (order_id, sku, location_id, quantity)
    select ${orderId}::uuid, * from unnest(${lines.map((line) => line.sku)}::text[],
      ${lines.map((line) => line.locationId)}::text[],
      ${lines.map((line) => line.quantity)}::bigint[]))`;
}

function movementInsert({ reservation, movements }: Decision, ids: Ids, now: Date): RawBuilder<unknown> {
  return sql`, moved as (
    insert into movement (order_id, create_time, movement_id, sku, location_id, kind, quantity)
    select ${reservation.orderId}::uuid, ${now}::timestamptz, *
    from unnest(${movements.map(() => ids.uuid())}::uuid[],
      ${movements.map((movement) => movement.sku)}::text[],
      ${movements.map((movement) => movement.locationId)}::text[],
      ${movements.map((movement) => movement.kind)}::text[],
      ${movements.map((movement) => movement.quantity)}::bigint[]))`;
}
