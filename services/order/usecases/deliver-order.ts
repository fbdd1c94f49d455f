import { stateFacts } from '../domain/order.ts';
import { isDelivered } from '../domain/shipping.ts';
import type { OrderStore, OrderView, Surroundings } from '../ports.ts';

/** The order after a delivery, or why there was none. */
export type Delivered =
  | { readonly kind: 'delivered'; readonly view: OrderView }
  | { readonly kind: 'not-found' | 'shipment-not-found' };

/** Records that a shipment has arrived; with the last one the order is FULFILLED. Doing so again changes nothing. */
export async function deliverOrder(
  { orders, surroundings }: { readonly orders: OrderStore; readonly surroundings: Surroundings },
  { orderId, shipmentId }: { readonly orderId: string; readonly shipmentId: string },
): Promise<Delivered> {
  const order = await orders.lock(orderId);
  const view = order && (await orders.view(orderId));
  if (order === undefined || view === undefined) {
    return { kind: 'not-found' };
  }
  const shipment = view.shipments.find((each) => each.shipmentId === shipmentId);
  if (shipment === undefined) {
    return { kind: 'shipment-not-found' };
  }
  if (shipment.deliverTime !== undefined) {
    return { kind: 'delivered', view };
  }
  const now = surroundings.now();
  const shipments = view.shipments.map((each) => (each === shipment ? { ...each, deliverTime: now } : each));
  const facts = isDelivered(view.lines, shipments) ? (['OrderFulfilled'] as const) : [];
  const change = stateFacts(order, facts, () => ({ type: 'OrderFulfilled' }), 'ConfirmDelivery', now);
  await orders.markDelivered(shipmentId, now);
  await orders.save(change);
  const history = [...view.history, ...change.history];
  return { kind: 'delivered', view: { ...view, order: change.order, shipments, history } };
}
