import { decide } from '../domain/decide.ts';
import { crossings } from '../domain/level.ts';
import type { Reservations } from '../ports.ts';

/**
 * Brings an order's reservation to its end: `commit` sells it, `cancel` and `reject`
 * give back whatever is held or was sold, `expire` gives back what was held for too long. A repeat has no effect.
 */
export async function settleReservation(
  reservations: Reservations,
  orderId: string,
  how: 'commit' | 'cancel' | 'reject' | 'expire',
  now: Date,
): Promise<void> {
  const { reservation, shelves } = await reservations.lockOf(orderId);
  const decision = decide(orderId, reservation, { kind: how, now });
  if (decision !== undefined) {
    await reservations.save(decision, crossings(shelves, decision.changes));
  }
}
