/** A SKU at a location, in units. 0 <= reserved <= onHand, always. */
export type Shelf = {
  readonly sku: string;
  readonly locationId: string;
  /** Stock is taken from the location with the lowest number first. */
  readonly priority: number;
  readonly onHand: number;
  readonly reserved: number;
  /** Below this many available the shelf is low. Zero means never. */
  readonly restockThreshold: number;
};

/** By how much a shelf's figures change, in units. */
export type ShelfChange = {
  readonly sku: string;
  readonly locationId: string;
  readonly onHand: number;
  readonly reserved: number;
};

/** What can still be promised. */
export function available(shelf: Pick<Shelf, 'onHand' | 'reserved'>): number {
  return shelf.onHand - shelf.reserved;
}

/** The shelf after a change. Throws RangeError when the change would break 0 <= reserved <= onHand. */
export function changed(shelf: Shelf, change: Pick<ShelfChange, 'onHand' | 'reserved'>): Shelf {
  const next = {
    ...shelf,
    onHand: shelf.onHand + change.onHand,
    reserved: shelf.reserved + change.reserved,
  };
  if (next.reserved < 0 || next.reserved > next.onHand) {
    throw new RangeError(
      `${shelf.sku} at ${shelf.locationId} can't have ${next.reserved} of ${next.onHand} reserved`,
    );
  }
  return next;
}
