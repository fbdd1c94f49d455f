import { stateFacts } from '../domain/order.ts';
import { leftToSend, pack, type SkuQuantity } from '../domain/shipping.ts';
import type { OrderStore, OrderView, Surroundings } from '../ports.ts';

/** What leaves, and with whom; all that is left when no lines are named. */
export type ShipOrder = {
  readonly orderId: string;
  readonly lines: readonly SkuQuantity[];
  readonly carrier: string;
  readonly trackingNumber: string;
};

/** The order with its new shipment, or why nothing was sent. */
export type Shipped =
  | { readonly kind: 'shipped'; readonly view: OrderView; readonly shipmentId: string }
  | { readonly kind: 'not-found' | 'not-shippable' }
  | { readonly kind: 'too-large'; readonly sku: string };

/** Records that a part of a paid order, or the rest of it, has left. From then on it can't be cancelled. */
export async function shipOrder(
  { orders, surroundings }: { readonly orders: OrderStore; readonly surroundings: Surroundings },
  { orderId, lines, carrier, trackingNumber }: ShipOrder,
): Promise<Shipped> {
  const order = await orders.lock(orderId);
  const view = order && (await orders.view(orderId));
  if (order === undefined || view === undefined) {
    return { kind: 'not-found' };
  }
  // What the staff has paid back in full is not sent after all.
  if (order.state !== 'PAID' || order.payment !== 'captured') {
    return { kind: 'not-shippable' };
  }
  const packed = pack(leftToSend(view.lines, view.shipments), lines);
  if (packed.kind !== 'packed') {
    return packed.kind === 'nothing-left' ? { kind: 'not-shippable' } : packed;
  }
  const now = surroundings.now();
  const shipment = {
    shipmentId: surroundings.uuid(),
    lines: packed.lines,
    carrier,
    trackingNumber,
    shipTime: now,
    deliverTime: undefined,
  };
  const change = stateFacts(
    order,
    ['OrderShipped'],
    () => ({ type: 'OrderShipped', shipment }),
    'CreateShipment',
    now,
  );
  await orders.insertShipment(orderId, shipment);
  await orders.save(change);
  return {
    kind: 'shipped',
    shipmentId: shipment.shipmentId,
    view: { ...view, order: change.order, shipments: [...view.shipments, shipment] },
  };
}
