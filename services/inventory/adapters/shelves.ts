import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { Ids } from '#platform/ports.ts';
import type { Booked } from '../domain/booking.ts';
import type { Shelf } from '../domain/shelf.ts';
import type { Shelves } from '../ports.ts';
import { stateLevels } from './level-facts.ts';
import { lockedShelves, type ShelfRow, toShelf } from './shelf-rows.ts';
import type { Tables } from './tables.ts';

/** Shelves in Postgres, for what is booked by hand: a few statements however many lines there are. */
export function shelvesIn(tx: Tx<Tables>, ids: Ids, now: Date): Shelves {
  return {
    async hasLocation(locationId) {
      const found = await tx.db
        .selectFrom('location')
        .select('location_id')
        .where('location_id', '=', locationId)
        .executeTakeFirst();
      return found !== undefined;
    },
    lock: (locationId, skus) => lock(tx, locationId, skus),
    async save(booked) {
      await write(tx, booked, now);
      await enterLedger(tx, booked, ids, now);
      await stateLevels(
        tx,
        booked.flatMap(({ facts }) => facts),
      );
    },
  };
}

async function lock(tx: Tx<Tables>, locationId: string, skus: readonly string[]): Promise<readonly Shelf[]> {
  const { rows } = await sql<{ shelf: ShelfRow }>`
    with shelf as materialized (
      ${lockedShelves(sql`s.location_id = ${locationId} and s.sku = any(${skus}::text[])`)})
    select json_build_array(sku, location_id, priority, on_hand, reserved, restock_threshold) as shelf
    from shelf`.execute(tx.db);
  return rows.map((row) => toShelf(row.shelf));
}

async function write(tx: Tx<Tables>, booked: readonly Booked[], now: Date): Promise<void> {
  const { rows } = await sql<{ written: bigint }>`
    with line as materialized (
      select * from unnest(
        ${booked.map(({ booking }) => booking.sku)}::text[],
        ${booked.map(({ booking }) => booking.locationId)}::text[],
        ${booked.map(({ booking }) => booking.quantity)}::bigint[],
        ${booked.map(({ after }) => after.restockThreshold)}::bigint[],
        ${booked.map(({ isNew }) => isNew)}::boolean[]
      ) as line (sku, location_id, quantity, restock_threshold, is_new)),
    fresh as (
      insert into stock (sku, location_id, on_hand, reserved, restock_threshold, update_time)
      select sku, location_id, quantity, 0, restock_threshold, ${now} from line where is_new
      returning 1),
    known as (
      update stock s
      set on_hand = s.on_hand + line.quantity, restock_threshold = line.restock_threshold, update_time = ${now}
      from line
      where not line.is_new and s.sku = line.sku and s.location_id = line.location_id
      returning 1)
    select (select count(*) from fresh) + (select count(*) from known) as written`.execute(tx.db);
  if (rows[0]?.written !== BigInt(booked.length)) {
    throw new Error(`Of ${booked.length} shelves ${rows[0]?.written} were written`);
  }
}

async function enterLedger(tx: Tx<Tables>, booked: readonly Booked[], ids: Ids, now: Date): Promise<void> {
  const entries = booked.filter(({ booking }) => booking.quantity !== 0).map(({ booking }) => booking);
  if (entries.length > 0) {
    await sql`
      insert into movement (create_time, movement_id, sku, location_id, kind, quantity, note)
      select ${now}::timestamptz, * from unnest(
        ${entries.map(() => ids.uuid())}::uuid[],
        ${entries.map((entry) => entry.sku)}::text[],
        ${entries.map((entry) => entry.locationId)}::text[],
        ${entries.map((entry) => entry.kind)}::text[],
        ${entries.map((entry) => entry.quantity)}::bigint[],
        ${entries.map((entry) => entry.note)}::text[])`.execute(tx.db);
  }
}
