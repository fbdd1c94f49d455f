import { create, toBinary } from '@bufbuild/protobuf';
import { PlaceOrderResponseSchema } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { idOf, someTime } from './facts-stated.ts';
import * as told from './sound-facts.ts';
import type { Row, Tables } from './sound-shop.ts';

const { sold, cancelled, refused, paidBack, lines, user } = told;

/** The order service's rows in the sound shop. */
export function orderTables(): Tables {
  const [done, undone] = ['FULFILLED', 'CANCELLED'];
  return {
    orders: [
      {
        ...order(sold, done, 5),
        stock: 'committed',
        payment: 'captured',
        coupon: 'redeemed',
        subtotal: 1000,
        discount: 100,
        coupon_code: 'TEN',
      },
      { ...order(cancelled, undone, 5), stock: 'released', payment: 'voided' },
      { ...order(refused, 'REJECTED', 2), stock: 'rejected', payment: 'none' },
      { ...order(paidBack, undone, 6), stock: 'returned', payment: 'refunded', refunded: 150 },
    ],
    order_line: [
      ...lineRows(sold.order, lines.sold),
      ...lineRows(cancelled.order, lines.cancelled),
      ...lineRows(refused.order, lines.refused),
      ...lineRows(paidBack.order, lines.paidBack),
    ],
    order_history: [
      ...history(sold.order, 'PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID', 'FULFILLED'),
      ...history(cancelled.order, 'PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'CANCELLING', 'CANCELLED'),
      ...history(refused.order, 'PLACED', 'REJECTED'),
      ...history(paidBack.order, 'PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID', 'CANCELLING', 'CANCELLED'),
    ],
    idempotency: [
      answer('1', sold.order),
      answer('2', cancelled.order),
      answer('other', refused.order),
      answer('another', paidBack.order),
    ],
  };
}

/** The inventory's rows in the sound shop. */
export function inventoryTables(): Tables {
  return {
    stock: [stock('A', 7), stock('B', 4), stock('C', 3)],
    level_sequence: ['A', 'B', 'C'].map((sku) => ({ sku, sequence: 1 })),
    movement: [
      movement('A', 'RECEIPT', 10),
      movement('B', 'RECEIPT', 5),
      movement('C', 'RECEIPT', 3),
      movement('A', 'SALE', -3, sold.order),
      movement('B', 'SALE', -1, sold.order),
      movement('A', 'SALE', -1, paidBack.order),
      movement('A', 'RETURN', 1, paidBack.order),
    ],
    reservation: [
      reservation(sold.order, 'COMMITTED', 2),
      reservation(cancelled.order, 'RELEASED', 2),
      reservation(refused.order, 'REJECTED', 1),
      reservation(paidBack.order, 'RETURNED', 3),
    ],
    reservation_line: [
      { order_id: sold.order, sku: 'A', location_id: 'main', quantity: 3 },
      { order_id: sold.order, sku: 'B', location_id: 'main', quantity: 1 },
      { order_id: cancelled.order, sku: 'C', location_id: 'main', quantity: 1 },
      { order_id: paidBack.order, sku: 'A', location_id: 'main', quantity: 1 },
    ],
  };
}

/** The cart service's rows in the sound shop. */
export function cartTables(): Tables {
  const limits = { redemption_limit: 2, per_user_limit: 1, minimum_subtotal: 0 };
  return {
    cart: [],
    coupon: [{ code: 'TEN', percent_basis_points: 1000, ...limits, held_count: 0, redeemed_count: 1 }],
    coupon_hold: [
      {
        order_id: sold.order,
        code: 'TEN',
        user_id: user,
        state: 'REDEEMED',
        version: 2,
        update_time: someTime,
      },
    ],
  };
}

function order(of: { order: string; payment?: string; total: bigint }, state: string, version: number): Row {
  return {
    order_id: of.order,
    user_id: user,
    state,
    coupon: 'none',
    currency: 'USD',
    subtotal: Number(of.total),
    discount: 0,
    shipping: 0,
    tax: 0,
    total: Number(of.total),
    refunded: 0,
    payment_id: of.payment ?? null,
    version,
    create_time: someTime,
    update_time: someTime,
  };
}

function lineRows(order_id: string, those: readonly told.Line[]): Row[] {
  return those.map(({ sku, quantity, unitPrice, discount, amount }, at) => ({
    order_id,
    number: at + 1,
    sku,
    quantity,
    unit_price: Number(unitPrice),
    discount: Number(discount),
    amount: Number(amount),
  }));
}

function history(order_id: string, ...states: string[]): Row[] {
  return states.map((state, at) => ({
    order_id,
    sequence: at + 1,
    state,
    cause: 'something',
    time: someTime,
  }));
}

function answer(request: string, orderId: string): Row {
  const response = toBinary(
    PlaceOrderResponseSchema,
    create(PlaceOrderResponseSchema, { order: { orderId } }),
  );
  return {
    caller: `user:${user}`,
    method: 'shopverse.order.v1.OrderService/PlaceOrder',
    request_id: idOf(`request ${request}`),
    response: `\\x${Buffer.from(response).toString('hex')}`,
    created_at: someTime,
  };
}

function stock(sku: string, on_hand: number): Row {
  return { sku, location_id: 'main', on_hand, reserved: 0, restock_threshold: 0, update_time: someTime };
}

function movement(sku: string, kind: string, quantity: number, order_id: string | null = null): Row {
  const movement_id = idOf(`${sku} ${kind} ${order_id}`);
  return {
    sku,
    movement_id,
    location_id: 'main',
    kind,
    quantity,
    order_id,
    attempt: 1,
    note: '',
    create_time: someTime,
  };
}

function reservation(order_id: string, state: string, sequence: number): Row {
  return { order_id, state, sequence, expire_time: someTime, create_time: someTime, update_time: someTime };
}
