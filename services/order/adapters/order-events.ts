import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { EndReason } from '#gen/shopverse/order/v1/order_pb.ts';
import { type DomainEvent, domainEvent } from '#platform/events/domain-event.ts';
import type { OrderLine } from '../domain/money.ts';
import type { Order, Stated } from '../domain/order.ts';
import { toLineMessage, toMoney } from './money-message.ts';
import { channelMessage, endReasonMessage, stateMessage } from './order-enums.ts';

/** A fact as the event that states it. `lines` are the order's, for the facts that carry them. */
export function orderEvent({ fact, order }: Stated, lines: readonly OrderLine[]): DomainEvent {
  return domainEvent(
    OrderEventSchema,
    { id: order.orderId, sequence: order.version },
    { event: messageOf({ fact, order }, lines) },
  );
}

type Case = NonNullable<MessageInitShape<typeof OrderEventSchema>['event']>;

function messageOf({ fact, order }: Stated, lines: readonly OrderLine[]): Case {
  const { orderId, userId, totals } = order;
  const money = (minorUnits: bigint) => toMoney(totals.currency, minorUnits);
  const reason = order.endReason === undefined ? EndReason.UNSPECIFIED : endReasonMessage[order.endReason];
  const couponCode = order.couponCode ?? '';
  const cartId = order.cartId ?? '';
  const paymentId = order.paymentId ?? '';
  switch (fact.type) {
    case 'OrderPlaced':
      return {
        case: 'placed',
        value: {
          ...sale(order, lines),
          subtotal: money(totals.subtotal),
          couponCode,
          cartId,
          reserveDeadline: timestampFromDate(fact.reserveDeadline),
        },
      };
    case 'PaymentRequested':
      return {
        case: 'paymentRequested',
        value: {
          orderId,
          paymentId,
          userId,
          amount: money(totals.total),
          paymentMethodToken: order.paymentMethodToken,
          deadline: timestampFromDate(fact.deadline),
        },
      };
    case 'OrderConfirmed':
      return {
        case: 'confirmed',
        value: { orderId, userId, paymentId, total: money(totals.total), couponCode, cartId },
      };
    case 'OrderPaid':
      return { case: 'paid', value: { ...sale(order, lines), paymentId } };
    case 'OrderShipped':
      return {
        case: 'shipped',
        value: {
          orderId,
          shipmentId: fact.shipment.shipmentId,
          lines: fact.shipment.lines.map(({ sku, quantity }) => ({ sku, quantity })),
          carrier: fact.shipment.carrier,
          trackingNumber: fact.shipment.trackingNumber,
        },
      };
    case 'OrderFulfilled':
      return { case: 'fulfilled', value: { orderId, userId } };
    case 'OrderRejected':
      return { case: 'rejected', value: { orderId, userId, reason, shortSkus: [...fact.shortSkus] } };
    case 'OrderCancellationStarted':
      return {
        case: 'cancellationStarted',
        value: { orderId, userId, reason, paymentId, couponCode, fromState: stateMessage[fact.from] },
      };
    case 'OrderCancelled':
      return {
        case: 'cancelled',
        value: { orderId, userId, reason, refunded: money(fact.refunded.minorUnits) },
      };
    default:
      return fact satisfies never;
  }
}

/** What a placed and a paid order have in common. */
function sale(order: Order, lines: readonly OrderLine[]) {
  const { currency, discount, shipping, tax, total } = order.totals;
  return {
    orderId: order.orderId,
    userId: order.userId,
    lines: lines.map((line) => toLineMessage(currency, line)),
    discount: toMoney(currency, discount),
    shipping: toMoney(currency, shipping),
    tax: toMoney(currency, tax),
    total: toMoney(currency, total),
    salesChannel: channelMessage[order.channel],
  };
}
