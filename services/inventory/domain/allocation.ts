import type { Quantity } from './quantity.ts';
import { available, type Shelf } from './shelf.ts';

/** A part of a reservation: so many units of a SKU at a location. */
export type ReservedLine = { readonly sku: string; readonly locationId: string; readonly quantity: number };

/** A SKU that was short, in units. */
export type Shortage = { readonly sku: string; readonly requested: number; readonly available: number };

/** Either everything that is wanted, or every shortage; never a part. */
export type Allocation =
  | { readonly kind: 'all'; readonly lines: readonly ReservedLine[] }
  | { readonly kind: 'none'; readonly shortages: readonly Shortage[] };

/**
 * Finds what is wanted on the shelves: all of it or nothing. `wants` has one entry a SKU (`sumBySku`). A SKU is taken
 * from the location with the lowest priority number first, and from the next ones when that isn't enough.
 */
export function allocate(wants: readonly Quantity[], shelves: readonly Shelf[]): Allocation {
  const lines: ReservedLine[] = [];
  const shortages: Shortage[] = [];
  const bySku = Map.groupBy(shelves, (shelf) => shelf.sku);
  for (const want of wants) {
    const own = bySku.get(want.sku) ?? [];
    const total = own.reduce((sum, shelf) => sum + available(shelf), 0);
    if (total < want.quantity) {
      shortages.push({ sku: want.sku, requested: want.quantity, available: total });
    } else {
      lines.push(...take(want, own));
    }
  }
  return shortages.length > 0 ? { kind: 'none', shortages } : { kind: 'all', lines };
}

function take(want: Quantity, shelves: readonly Shelf[]): readonly ReservedLine[] {
  let missing = want.quantity;
  const lines: ReservedLine[] = [];
  for (const shelf of shelves.toSorted(byPriority)) {
    const quantity = Math.min(missing, available(shelf));
    if (quantity > 0) {
      lines.push({ sku: want.sku, locationId: shelf.locationId, quantity });
      missing -= quantity;
    }
  }
  return lines;
}

function byPriority(a: Shelf, b: Shelf): number {
  return a.priority - b.priority || (a.locationId < b.locationId ? -1 : 1);
}
