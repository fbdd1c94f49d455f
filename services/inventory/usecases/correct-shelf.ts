import { type Booking, book } from '../domain/booking.ts';
import type { Shelf } from '../domain/shelf.ts';
import type { Shelves } from '../ports.ts';

/** The shelf as it is now, or why it wasn't changed. */
type Corrected =
  | { readonly kind: 'corrected'; readonly shelf: Shelf }
  | { readonly kind: 'stockNotFound' }
  | { readonly kind: 'belowReserved' };

/** Puts one shelf's figure right after a count, or sets its restock threshold. Never below what is reserved. */
export async function correctShelf(shelves: Shelves, booking: Booking): Promise<Corrected> {
  const [shelf] = await shelves.lock(booking.locationId, [booking.sku]);
  if (shelf === undefined) {
    return { kind: 'stockNotFound' };
  }
  if (booking.kind === 'THRESHOLD' && booking.restockThreshold === shelf.restockThreshold) {
    return { kind: 'corrected', shelf };
  }
  const result = book(booking, shelf);
  if (result.kind === 'belowReserved') {
    return result;
  }
  await shelves.save([result.booked]);
  return { kind: 'corrected', shelf: result.booked.after };
}
