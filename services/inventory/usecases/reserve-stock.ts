import { decide } from '../domain/decide.ts';
import { crossings } from '../domain/level.ts';
import { type Quantity, sumBySku } from '../domain/quantity.ts';
import type { Reservations } from '../ports.ts';

/** Reserves everything that an order wants until `expireTime`, or nothing and says what was short. Once an order. */
export async function reserveStock(
  reservations: Reservations,
  order: { readonly orderId: string; readonly lines: readonly Quantity[] },
  expireTime: Date,
): Promise<void> {
  const wants = sumBySku(order.lines);
  const { reservation, shelves } = await reservations.lockFor(
    order.orderId,
    wants.map((want) => want.sku),
  );
  const decision = decide(order.orderId, reservation, { kind: 'reserve', wants, shelves, expireTime });
  if (decision !== undefined) {
    await reservations.save(decision, crossings(shelves, decision.changes));
  }
}
