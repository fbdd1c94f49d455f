import { advance } from '../domain/checkout.ts';
import type { AdvancingPorts } from './advance-order.ts';

/** Tells an order's checkout that its wait is over, unless what it waited for has come meanwhile. */
export async function passDeadline(
  { orders, surroundings, observer }: AdvancingPorts,
  orderId: string,
): Promise<void> {
  const order = await orders.lock(orderId);
  const now = surroundings.now();
  if (order?.deadline === undefined || order.deadline.time > now) {
    return;
  }
  const message = { type: order.deadline.kind };
  const advanced = advance(order, message, {
    now,
    waits: surroundings.waits,
    paymentId: surroundings.uuid(),
  });
  if (advanced.kind === 'ignored') {
    throw new Error(`Order ${orderId} is ${order.state} and has no edge for its ${message.type}`);
  }
  await orders.save(advanced);
  observer.advanced(order, message, advanced);
}
