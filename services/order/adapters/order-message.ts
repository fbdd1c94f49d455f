import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EndReason, type OrderSchema } from '#gen/shopverse/order/v1/order_pb.ts';
import { awaited } from '../domain/checkout-steps.ts';
import type { Address, Order } from '../domain/order.ts';
import type { Shipment } from '../domain/shipping.ts';
import type { OrderView } from '../ports.ts';
import { toLineMessage, toMoney } from './money-message.ts';
import { channelMessage, endReasonMessage, methodMessage, stateMessage } from './order-enums.ts';

/** An order as clients see it. */
export function toOrderMessage(view: OrderView): MessageInitShape<typeof OrderSchema> {
  const { order } = view;
  const { currency, subtotal, discount, shipping, tax, total } = order.totals;
  return {
    orderId: order.orderId,
    userId: order.userId,
    state: stateMessage[order.state],
    lines: view.lines.map((line) => toLineMessage(currency, line)),
    subtotal: toMoney(currency, subtotal),
    discount: toMoney(currency, discount),
    shipping: toMoney(currency, shipping),
    tax: toMoney(currency, tax),
    total: toMoney(currency, total),
    couponCode: order.couponCode ?? '',
    paymentId: order.paymentId ?? '',
    salesChannel: channelMessage[order.channel],
    fulfilment: {
      method: methodMessage[order.method],
      ...(view.address === undefined ? {} : { address: toAddress(view.address) }),
    },
    shipments: view.shipments.map(toShipmentMessage),
    endReason: order.endReason === undefined ? EndReason.UNSPECIFIED : endReasonMessage[order.endReason],
    history: view.history.map(({ state, cause, time }) => ({
      state: stateMessage[state],
      cause,
      time: timestampFromDate(time),
    })),
    pendingSteps: pendingSteps(order),
    createTime: timestampFromDate(order.createTime),
    updateTime: timestampFromDate(order.updateTime),
    etag: `"${order.revision}"`,
  };
}

/** An order as it stands in a list: without history and pending steps. */
export function toListedOrder(view: OrderView): MessageInitShape<typeof OrderSchema> {
  return { ...toOrderMessage(view), history: [], pendingSteps: [] };
}

function pendingSteps(order: Order) {
  const { deadline } = order;
  return awaited(order).map((step) => ({
    step,
    ...(deadline === undefined ? {} : { deadline: timestampFromDate(deadline.time) }),
  }));
}

function toAddress(address: Address) {
  return { ...address, lines: [...address.lines] };
}

function toShipmentMessage(shipment: Shipment) {
  const { shipmentId, lines, carrier, trackingNumber, shipTime, deliverTime } = shipment;
  return {
    shipmentId,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    carrier,
    trackingNumber,
    shipTime: timestampFromDate(shipTime),
    ...(deliverTime === undefined ? {} : { deliverTime: timestampFromDate(deliverTime) }),
  };
}
