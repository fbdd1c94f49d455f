import { randomUUID } from 'node:crypto';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import {
  Fulfilment_Method,
  type Order,
  type Order_State,
  Order_StateSchema,
} from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { Customer } from './customers.ts';
import { describe } from './transports.ts';

/** How long a loaded machine may take from one state to another. Milliseconds. */
export const PATIENCE_MS = 120_000;

/** Where the parcels of journeys go. */
export const DELIVERY = {
  method: Fulfilment_Method.DELIVERY,
  address: {
    recipient: 'Ada Traveller',
    lines: ['1 Journey Lane'],
    city: 'Springfield',
    postalCode: '12345',
    countryCode: 'US',
  },
};

/** What is bought, and how. */
export type Purchase = {
  readonly card?: string;
  readonly coupon?: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
};

/** Fills the customer's cart and puts the coupon on it. Resolves to the cart's id. */
export async function fillCart(customer: Customer, { lines, coupon }: Purchase): Promise<string> {
  const carts = customer.client(CartService);
  let cartId = '';
  for (const { sku, quantity } of lines) {
    cartId = await whenOnSale(async () => {
      const { cart } = await carts.addItem({ requestId: randomUUID(), sku, quantity });
      return cart?.cartId ?? '';
    });
  }
  if (coupon !== undefined) {
    await carts.applyCoupon({ requestId: randomUUID(), code: coupon });
  }
  return cartId;
}

/** Adds as soon as the cart has heard of the product, which the catalogue tells it by an event. */
export function whenOnSale<R>(add: () => Promise<R>): Promise<Exclude<R, undefined | null | false>> {
  return waitFor(
    'the cart to know the product',
    async () => {
      try {
        return await add();
      } catch (error) {
        if (describe(error) === 'FAILED_PRECONDITION SKU_UNAVAILABLE') return undefined;
        throw error;
      }
    },
    PATIENCE_MS,
  );
}

/** Places the order of a cart, to be delivered. Resolves to the order as it was answered. */
export async function place(
  customer: Customer,
  cartId: string,
  over: {
    readonly requestId?: string;
    readonly paymentMethodToken?: string;
    readonly expectedTotal?: { currencyCode: string; minorUnits: bigint };
  } = {},
): Promise<Order> {
  const { order } = await customer.client(OrderService).placeOrder({
    requestId: randomUUID(),
    source: { case: 'cartId', value: cartId },
    paymentMethodToken: 'pm_card_visa',
    fulfilment: DELIVERY,
    ...over,
  });
  if (order === undefined) throw new Error('The order service answered without an order.');
  return order;
}

/** Fills the cart and places the order. */
export async function buy(customer: Customer, purchase: Purchase): Promise<Order> {
  const cartId = await fillCart(customer, purchase);
  return place(customer, cartId, purchase.card === undefined ? {} : { paymentMethodToken: purchase.card });
}

/** Watches an order as its customer until it is in the state, or the stream ends. Resolves to all it was seen in. */
export async function watchUntil(
  customer: Customer,
  orderId: string,
  until: Order_State | undefined,
): Promise<readonly string[]> {
  const seen: string[] = [];
  // A browser's stream goes on when nobody reads it any more, until it is told to stop.
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const watched = customer.client(OrderService).watchOrder({ orderId, untilPaid: false }, { signal });
  try {
    for await (const { order } of watched) {
      const state = stateName(order);
      if (state !== seen.at(-1)) seen.push(state);
      if (order?.state === until) break;
    }
  } finally {
    enough.abort();
  }
  return seen;
}

/** Such as `STOCK_RESERVED`. */
export function stateName(order: Order | undefined): string {
  return Order_StateSchema.value[order?.state ?? 0]?.localName ?? '';
}
