import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { type Page, paging } from '#platform/rpc/paging.ts';
import type { ReservedLine } from '../domain/allocation.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

const lowStockPages = paging('low-stock', z.tuple([z.int().min(0), z.string(), z.string()]));
const movementPages = paging('movements', z.uuid());
const locationPages = paging('locations', z.tuple([z.int().min(0), z.string()]));
/** Rows as they are stored. */
export type StockRow = Selectable<Tables['stock']>;
export type MovementRow = Selectable<Tables['movement']>;
export type LocationRow = Selectable<Tables['location']>;
export type ReservationRow = Selectable<Tables['reservation']>;

/** How many of each SKU can be bought, over all locations. SKUs that were never received are absent. */
export async function availabilityOf(db: Db, skus: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await sql<{ sku: string; available: bigint }>`
    select sku, sum(on_hand - reserved)::bigint as available
    from stock where sku = any(${skus}::text[]) group by sku`.execute(db);
  return new Map(rows.map((row) => [row.sku, row.available]));
}

/** A SKU's stock at each location. */
export function stockOf(db: Db, sku: string): Promise<readonly StockRow[]> {
  return db.selectFrom('stock').selectAll().where('sku', '=', sku).orderBy('location_id').execute();
}

/** What is below its threshold, scarcest first. Reads the whole table: an index would slow every reservation. */
export async function lowStock(db: Db, asked: number, token: string): Promise<Page<StockRow>> {
  const size = lowStockPages.size(asked);
  const after = lowStockPages.after(token);
  const available = sql<bigint>`on_hand - reserved`;
  let query = db.selectFrom('stock').selectAll().where(available, '<', sql.ref<bigint>('restock_threshold'));
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(on_hand - reserved, sku, location_id) > (${after[0]}::bigint, ${after[1]}, ${after[2]})`,
    );
  }
  const rows = await query
    .orderBy(available)
    .orderBy('sku')
    .orderBy('location_id')
    .limit(size + 1)
    .execute();
  return lowStockPages.page(rows, size, (row) => [
    Number(row.on_hand - row.reserved),
    row.sku,
    row.location_id,
  ]);
}

/** A SKU's movements, newest first. */
export async function movementsOf(
  db: Db,
  sku: string,
  asked: number,
  token: string,
): Promise<Page<MovementRow>> {
  const size = movementPages.size(asked);
  const after = movementPages.after(token, sku);
  let query = db.selectFrom('movement').selectAll().where('sku', '=', sku);
  if (after !== undefined) {
    query = query.where('movement_id', '<', after);
  }
  const rows = await query
    .orderBy('movement_id', 'desc')
    .limit(size + 1)
    .execute();
  return movementPages.page(rows, size, (row) => row.movement_id, sku);
}

/** What is, or was last, held for an order; undefined when the order never was heard of. */
export async function reservationOf(
  db: Db,
  orderId: string,
): Promise<{ readonly row: ReservationRow; readonly lines: readonly ReservedLine[] } | undefined> {
  const row = await db
    .selectFrom('reservation')
    .selectAll()
    .where('order_id', '=', orderId)
    .executeTakeFirst();
  if (row === undefined) {
    return undefined;
  }
  const lines = await db
    .selectFrom('reservation_line')
    .select(['sku', 'location_id', 'quantity'])
    .where('order_id', '=', orderId)
    .orderBy('sku')
    .orderBy('location_id')
    .execute();
  return {
    row,
    lines: lines.map((line) => ({
      sku: line.sku,
      locationId: line.location_id,
      quantity: Number(line.quantity),
    })),
  };
}

/** The places where stock lies, by priority. */
export async function locations(db: Db, asked: number, token: string): Promise<Page<LocationRow>> {
  const size = locationPages.size(asked);
  const after = locationPages.after(token);
  let query = db.selectFrom('location').selectAll();
  if (after !== undefined) {
    query = query.where(sql<boolean>`(priority, location_id) > (${after[0]}::integer, ${after[1]})`);
  }
  const rows = await query
    .orderBy('priority')
    .orderBy('location_id')
    .limit(size + 1)
    .execute();
  return locationPages.page(rows, size, (row) => [row.priority, row.location_id]);
}
