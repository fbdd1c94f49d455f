import { type Kysely, sql } from 'kysely';
import type { EndReason } from '../domain/checkout-edges.ts';
import type { Deadline } from '../domain/checkout-messages.ts';
import type { Coupon, Method, Payment, Stock } from '../domain/checkout-steps.ts';
import type { Order } from '../domain/order.ts';
import { type State, unsettledStates } from '../domain/order-state.ts';

/** Neither sold nor undone. Its states stand in the statement as they are: there is an index for just these. */
export const isUnsettled = sql<boolean>`state in (${sql.join(unsettledStates.map((state) => sql.lit(state)))})`;

/** The row of an order; see migrations/. */
export type OrderRow = {
  order_id: string;
  user_id: string;
  placed_by: string;
  channel: Order['channel'];
  method: Method;
  state: State;
  stock: Stock;
  payment: Payment;
  coupon: Coupon;
  shipped: boolean;
  currency: string;
  subtotal: bigint;
  discount: bigint;
  shipping: bigint;
  tax: bigint;
  total: bigint;
  refunded: bigint;
  coupon_code: string | null;
  cart_id: string | null;
  cart_etag: string | null;
  payment_method_token: string;
  payment_id: string | null;
  end_reason: EndReason | null;
  deadline_kind: Deadline | null;
  deadline_time: Date | null;
  version: bigint;
  revision: bigint;
  create_time: Date;
  update_time: Date;
};

/** Named one by one, so that a statement goes on working when a migration adds another. */
export const orderColumns = [
  'order_id',
  'user_id',
  'placed_by',
  'channel',
  'method',
  'state',
  'stock',
  'payment',
  'coupon',
  'shipped',
  'currency',
  'subtotal',
  'discount',
  'shipping',
  'tax',
  'total',
  'refunded',
  'coupon_code',
  'cart_id',
  'cart_etag',
  'payment_method_token',
  'payment_id',
  'end_reason',
  'deadline_kind',
  'deadline_time',
  'version',
  'revision',
  'create_time',
  'update_time',
] as const satisfies readonly (keyof OrderRow)[];

/** The service's own tables. */
export type OrderTables = {
  orders: OrderRow;
  order_line: {
    order_id: string;
    number: number;
    sku: string;
    title: string;
    category_path: string[];
    quantity: number;
    unit_price: bigint;
    discount: bigint;
    amount: bigint;
  };
  order_history: { order_id: string; sequence: bigint; state: State; cause: string; time: Date };
  delivery_address: {
    order_id: string;
    recipient: string;
    lines: string[];
    city: string;
    postal_code: string;
    country_code: string;
  };
  shipment: {
    shipment_id: string;
    order_id: string;
    carrier: string;
    tracking_number: string;
    ship_time: Date;
    deliver_time: Date | null;
  };
  shipment_line: { shipment_id: string; sku: string; quantity: number };
};

/** The service's database, inside or outside of a transaction. */
export type OrderDb = Kysely<OrderTables>;

/** An order as its row. */
export function toRow(order: Order): OrderRow {
  return {
    order_id: order.orderId,
    user_id: order.userId,
    placed_by: order.placedBy,
    channel: order.channel,
    method: order.method,
    state: order.state,
    stock: order.stock,
    payment: order.payment,
    coupon: order.coupon,
    shipped: order.shipped,
    ...order.totals,
    refunded: order.refunded,
    coupon_code: order.couponCode ?? null,
    cart_id: order.cartId ?? null,
    cart_etag: order.cartEtag ?? null,
    payment_method_token: order.paymentMethodToken,
    payment_id: order.paymentId ?? null,
    end_reason: order.endReason ?? null,
    deadline_kind: order.deadline?.kind ?? null,
    deadline_time: order.deadline?.time ?? null,
    version: order.version,
    revision: order.revision,
    create_time: order.createTime,
    update_time: order.updateTime,
  };
}

/** A row as the order that it is. */
export function fromRow(row: OrderRow): Order {
  return {
    orderId: row.order_id,
    userId: row.user_id,
    placedBy: row.placed_by,
    channel: row.channel,
    method: row.method,
    state: row.state,
    stock: row.stock,
    payment: row.payment,
    coupon: row.coupon,
    shipped: row.shipped,
    totals: {
      currency: row.currency,
      subtotal: row.subtotal,
      discount: row.discount,
      shipping: row.shipping,
      tax: row.tax,
      total: row.total,
    },
    refunded: row.refunded,
    couponCode: row.coupon_code ?? undefined,
    cartId: row.cart_id ?? undefined,
    cartEtag: row.cart_etag ?? undefined,
    paymentMethodToken: row.payment_method_token,
    paymentId: row.payment_id ?? undefined,
    endReason: row.end_reason ?? undefined,
    deadline:
      row.deadline_kind === null || row.deadline_time === null
        ? undefined
        : { kind: row.deadline_kind, time: row.deadline_time },
    version: row.version,
    revision: row.revision,
    createTime: row.create_time,
    updateTime: row.update_time,
  };
}
