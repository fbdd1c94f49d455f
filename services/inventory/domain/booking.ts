import { crossing, type LevelFact } from './level.ts';
import { changed, type Shelf } from './shelf.ts';

/** What is booked onto one shelf by hand: goods in, a count put right, or only another threshold. */
export type Booking = {
  readonly kind: 'RECEIPT' | 'ADJUSTMENT' | 'THRESHOLD';
  readonly sku: string;
  readonly locationId: string;
  /** By how many units on hand changes; zero for a threshold. */
  readonly quantity: number;
  /** The new threshold; undefined leaves it. */
  readonly restockThreshold: number | undefined;
  readonly note: string;
};

/** A booking as carried out, with the facts that it makes, in their order. */
export type Booked = {
  readonly booking: Booking;
  readonly after: Shelf;
  /** Whether the SKU is new at the location. */
  readonly isNew: boolean;
  readonly facts: readonly LevelFact[];
};

/**
 * Carries out a booking on a shelf, or on none when the SKU is new at the location: the first receipt makes it.
 * Refuses what would leave less on hand than is reserved. Throws RangeError for a new shelf by anything but a receipt.
 */
export function book(
  booking: Booking,
  shelf: Shelf | undefined,
): { readonly kind: 'booked'; readonly booked: Booked } | { readonly kind: 'belowReserved' } {
  if (shelf === undefined && booking.kind !== 'RECEIPT') {
    throw new RangeError(`There is no ${booking.sku} at ${booking.locationId}`);
  }
  const before = shelf ?? empty(booking);
  if (before.onHand + booking.quantity < before.reserved) {
    return { kind: 'belowReserved' };
  }
  const after = {
    ...changed(before, { onHand: booking.quantity, reserved: 0 }),
    restockThreshold: booking.restockThreshold ?? before.restockThreshold,
  };
  const own = ownFact(booking, after);
  // A shelf that is new has no level that it could have left.
  const level = shelf === undefined ? undefined : crossing(before, after);
  const facts = [own, level].filter((fact) => fact !== undefined);
  return { kind: 'booked', booked: { booking, after, isNew: shelf === undefined, facts } };
}

function ownFact(booking: Booking, after: Shelf): LevelFact | undefined {
  const where = { sku: booking.sku, locationId: booking.locationId };
  switch (booking.kind) {
    case 'RECEIPT':
      return { ...where, kind: 'received', quantity: booking.quantity, onHand: after.onHand };
    case 'ADJUSTMENT':
      return { ...where, kind: 'adjusted', delta: booking.quantity, onHand: after.onHand };
    case 'THRESHOLD':
      return undefined;
    default:
      return booking.kind satisfies never;
  }
}

function empty(booking: Booking): Shelf {
  return {
    sku: booking.sku,
    locationId: booking.locationId,
    priority: 0,
    onHand: 0,
    reserved: 0,
    restockThreshold: 0,
  };
}
