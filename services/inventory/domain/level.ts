import { available, changed, type Shelf, type ShelfChange } from './shelf.ts';

/** How full a shelf is: nothing available, below its restock threshold, or enough. */
type Level = 'OUT' | 'LOW' | 'ENOUGH';

/** A fact about a shelf's level; `kind` is the fact's case in InventoryEvent. */
export type LevelFact = { readonly sku: string; readonly locationId: string } & (
  | { readonly kind: 'received'; readonly quantity: number; readonly onHand: number }
  | { readonly kind: 'adjusted'; readonly delta: number; readonly onHand: number }
  | { readonly kind: 'ranLow'; readonly available: number; readonly restockThreshold: number }
  | { readonly kind: 'ranOut' }
  | { readonly kind: 'replenished'; readonly available: number }
);

/** The level of a shelf, by what is available. */
export function levelOf(shelf: Shelf): Level {
  const left = available(shelf);
  return left === 0 ? 'OUT' : left < shelf.restockThreshold ? 'LOW' : 'ENOUGH';
}

/** The fact that a shelf has come to another level, or undefined while it stays at the same. */
export function crossing(before: Shelf, after: Shelf): LevelFact | undefined {
  const level = levelOf(after);
  if (level === levelOf(before)) {
    return undefined;
  }
  const where = { sku: after.sku, locationId: after.locationId };
  switch (level) {
    case 'OUT':
      return { ...where, kind: 'ranOut' };
    case 'LOW':
      return {
        ...where,
        kind: 'ranLow',
        available: available(after),
        restockThreshold: after.restockThreshold,
      };
    case 'ENOUGH':
      return { ...where, kind: 'replenished', available: available(after) };
    default:
      return level satisfies never;
  }
}

/** The levels that shelves come to by `changes`, at most one fact a shelf. Throws RangeError for a shelf that isn't there. */
export function crossings(shelves: readonly Shelf[], changes: readonly ShelfChange[]): readonly LevelFact[] {
  const facts: LevelFact[] = [];
  for (const change of changes) {
    const before = shelves.find(
      (shelf) => shelf.sku === change.sku && shelf.locationId === change.locationId,
    );
    if (before === undefined) {
      throw new RangeError(`There is no ${change.sku} at ${change.locationId}`);
    }
    const fact = crossing(before, changed(before, change));
    if (fact !== undefined) {
      facts.push(fact);
    }
  }
  return facts;
}
