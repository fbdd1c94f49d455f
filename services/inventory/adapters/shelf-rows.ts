import { type RawBuilder, sql } from 'kysely';
import type { Shelf } from '../domain/shelf.ts';

/** A shelf as JSON carries it: figures stay exact, as the table caps them at 2^53 - 1. */
export type ShelfRow = readonly [
  sku: string,
  locationId: string,
  priority: number,
  onHand: number,
  reserved: number,
  restockThreshold: number,
];

/** The select of the shelves `s` that fit `where`, which locks them in one order everywhere: by SKU, then location. */
export function lockedShelves(where: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select s.sku, s.location_id, l.priority, s.on_hand, s.reserved, s.restock_threshold
    from stock s join location l using (location_id)
    where ${where}
    order by s.sku, s.location_id
    for no key update of s`;
}

/** A shelf from its row. */
export function toShelf(row: ShelfRow): Shelf {
  const [sku, locationId, priority, onHand, reserved, restockThreshold] = row;
  return { sku, locationId, priority, onHand, reserved, restockThreshold };
}
