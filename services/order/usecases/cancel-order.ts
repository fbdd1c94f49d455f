import { advance } from '../domain/checkout.ts';
import type { OrderView } from '../ports.ts';
import type { AdvancingPorts } from './advance-order.ts';

/** Who cancels: whose order it is, or the staff. */
export type Canceller = 'CustomerCancelled' | 'StaffCancelled';

/** The order in state CANCELLING or CANCELLED, or why it goes on. */
export type Cancelled =
  | { readonly kind: 'cancelled'; readonly view: OrderView }
  | { readonly kind: 'not-found' | 'not-cancellable' };

/** Starts undoing an order of which nothing has left. Cancelling again changes nothing. */
export async function cancelOrder(
  { orders, surroundings, observer }: AdvancingPorts,
  orderId: string,
  canceller: Canceller,
): Promise<Cancelled> {
  const order = await orders.lock(orderId);
  if (order === undefined) {
    return { kind: 'not-found' };
  }
  const message = { type: canceller };
  const advanced = advance(order, message, {
    now: surroundings.now(),
    waits: surroundings.waits,
    paymentId: surroundings.uuid(),
  });
  if (advanced.kind === 'changed') {
    await orders.save(advanced);
    observer.advanced(order, message, advanced);
  } else if (advanced.why !== 'already') {
    return { kind: 'not-cancellable' };
  }
  const view = await orders.view(orderId);
  return view === undefined ? { kind: 'not-found' } : { kind: 'cancelled', view };
}
