import { advance, type Message } from '../domain/checkout.ts';
import type { CheckoutObserver, OrderStore, Surroundings } from '../ports.ts';

/** What `advanceOrder` needs. */
export type AdvancingPorts = {
  readonly orders: OrderStore;
  readonly surroundings: Surroundings;
  readonly observer: CheckoutObserver;
};

/**
 * Takes an order's checkout one message further and writes down what came of it. Throws when there is no such order,
 * or when the message contradicts it: by contract neither comes, so somebody has to look.
 */
export async function advanceOrder(
  { orders, surroundings, observer }: AdvancingPorts,
  orderId: string,
  message: Message,
): Promise<void> {
  const order = await orders.lock(orderId);
  if (order === undefined) {
    throw new Error(`${message.type} speaks of order ${orderId}, which doesn't exist`);
  }
  const advanced = advance(order, message, {
    now: surroundings.now(),
    waits: surroundings.waits,
    paymentId: surroundings.uuid(),
  });
  if (advanced.kind === 'changed') {
    await orders.save(advanced);
  }
  observer.advanced(order, message, advanced);
}
