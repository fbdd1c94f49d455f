import {
  EndReason as EndReasonMessage,
  Fulfilment_Method,
  Order_State,
  SalesChannel,
} from '#gen/shopverse/order/v1/order_pb.ts';
import type { EndReason } from '../domain/checkout-edges.ts';
import type { Method } from '../domain/checkout-steps.ts';
import type { Channel } from '../domain/order.ts';
import { type State, states } from '../domain/order-state.ts';

/** The states as they travel. */
export const stateMessage: { readonly [S in State]: Order_State } = {
  PLACED: Order_State.PLACED,
  STOCK_RESERVED: Order_State.STOCK_RESERVED,
  CONFIRMED: Order_State.CONFIRMED,
  PAID: Order_State.PAID,
  FULFILLED: Order_State.FULFILLED,
  REJECTED: Order_State.REJECTED,
  CANCELLING: Order_State.CANCELLING,
  CANCELLED: Order_State.CANCELLED,
};

/** The reasons as they travel. */
export const endReasonMessage: { readonly [R in EndReason]: EndReasonMessage } = {
  OUT_OF_STOCK: EndReasonMessage.OUT_OF_STOCK,
  COUPON_UNAVAILABLE: EndReasonMessage.COUPON_UNAVAILABLE,
  PAYMENT_DECLINED: EndReasonMessage.PAYMENT_DECLINED,
  CAPTURE_FAILED: EndReasonMessage.CAPTURE_FAILED,
  RESERVATION_TIMEOUT: EndReasonMessage.RESERVATION_TIMEOUT,
  PAYMENT_TIMEOUT: EndReasonMessage.PAYMENT_TIMEOUT,
  CUSTOMER: EndReasonMessage.CUSTOMER,
  STAFF: EndReasonMessage.STAFF,
  RESERVATION_EXPIRED: EndReasonMessage.RESERVATION_EXPIRED,
};

/** The channels as they travel. */
export const channelMessage: { readonly [C in Channel]: SalesChannel } = {
  ONLINE: SalesChannel.ONLINE,
  TILL: SalesChannel.TILL,
};

/** The methods as they travel. */
export const methodMessage: { readonly [M in Method]: Fulfilment_Method } = {
  DELIVERY: Fulfilment_Method.DELIVERY,
  COUNTER: Fulfilment_Method.COUNTER,
};

/** The state that a message names; undefined for none. */
export function fromStateMessage(message: Order_State): State | undefined {
  return states.find((state) => stateMessage[state] === message);
}
