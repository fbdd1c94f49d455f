import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { InventoryEventSchema } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { topicOf } from '#platform/events/domain-event.ts';
import type { ServiceName } from './world.ts';

/** A topic that a consumer reads. */
export type Consumed = {
  readonly consumer: string;
  readonly service: ServiceName;
  readonly topic: string;
};

/** The topic that each service publishes to. */
export const topics: Readonly<Record<ServiceName, string>> = {
  order: topicOf(OrderEventSchema),
  inventory: topicOf(InventoryEventSchema),
  payment: topicOf(PaymentEventSchema),
  cart: topicOf(CartEventSchema),
};

/** Who reads what. */
export const consumed: readonly Consumed[] = [
  { consumer: 'shopverse.order.checkout', service: 'order', topic: topics.inventory },
  { consumer: 'shopverse.order.checkout', service: 'order', topic: topics.payment },
  { consumer: 'shopverse.order.checkout', service: 'order', topic: topics.cart },
  { consumer: 'shopverse.inventory.checkout', service: 'inventory', topic: topics.order },
  { consumer: 'shopverse.payment.checkout', service: 'payment', topic: topics.order },
  { consumer: 'shopverse.cart.checkout', service: 'cart', topic: topics.order },
];
