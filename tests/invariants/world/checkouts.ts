import type { State } from '../../../services/order/domain/order-state.ts';
import type { Databases } from './databases.ts';

/** An order as its service has it. Money in minor units. */
export type OrderRow = {
  readonly order_id: string;
  readonly state: State;
  readonly stock: string;
  readonly payment: string;
  readonly coupon: string;
  readonly currency: string;
  readonly total: bigint;
  readonly refunded: bigint;
  readonly payment_id: string | null;
  readonly coupon_code: string | null;
  readonly version: bigint;
};

/** A payment as its service has it. */
export type PaymentRow = {
  readonly payment_id: string;
  readonly order_id: string;
  readonly state:
    | 'PENDING'
    | 'UNKNOWN'
    | 'AUTHORISED'
    | 'CAPTURED'
    | 'DECLINED'
    | 'VOIDED'
    | 'REFUNDED'
    | 'EXPIRED';
  readonly currency: string;
  readonly amount: bigint;
  readonly authorised: bigint;
  readonly captured: bigint;
  readonly refunded: bigint;
  /** Succeeded operations such as `AUTHORISE CAPTURE`, in their order. */
  readonly done: string;
};

/** A reservation as the inventory has it, with how many of its lines were sold and taken back. */
export type ReservationRow = {
  readonly order_id: string;
  readonly state: 'ACTIVE' | 'COMMITTED' | 'EXPIRED' | 'RELEASED' | 'RETURNED' | 'REJECTED';
  readonly lines: number;
  readonly sold: number;
  readonly returned: number;
};

/** What the cart service holds of a coupon for an order. */
export type HoldRow = {
  readonly order_id: string;
  readonly state: 'HELD' | 'REJECTED' | 'REDEEMED' | 'RETURNED';
};

/** An order beside what each participant has for it. */
export type Checkout = {
  readonly order: OrderRow;
  readonly payment: PaymentRow | undefined;
  readonly reservation: ReservationRow | undefined;
  readonly hold: HoldRow | undefined;
};

/** All orders with their participants' rows, and rows whose order isn't there. */
export type Checkouts = { readonly all: readonly Checkout[]; readonly orphans: readonly string[] };

/** Reads every order and what the others have for it. */
export async function readCheckouts(databases: Pick<Databases, 'rows'>): Promise<Checkouts> {
  const [orders, payments, reservations, holds] = await Promise.all([
    databases.rows<OrderRow>('order', orderSql),
    databases.rows<PaymentRow>('payment', paymentSql),
    databases.rows<ReservationRow>('inventory', reservationSql),
    databases.rows<HoldRow>('cart', 'select order_id::text, state from coupon_hold'),
  ]);
  return joinCheckouts(orders, payments, reservations, holds);
}

/** Puts the rows of the four databases together by order. */
export function joinCheckouts(
  orders: readonly OrderRow[],
  payments: readonly PaymentRow[],
  reservations: readonly ReservationRow[],
  holds: readonly HoldRow[],
): Checkouts {
  const paymentOf = byOrder(payments);
  const reservationOf = byOrder(reservations);
  const holdOf = byOrder(holds);
  const known = new Set(orders.map((order) => order.order_id));
  const orphan = (what: string) => (row: { order_id: string }) =>
    known.has(row.order_id) ? [] : [`there is a ${what} for ${row.order_id}, which is no order`];
  return {
    all: orders.map((order) => ({
      order,
      payment: paymentOf.get(order.order_id),
      reservation: reservationOf.get(order.order_id),
      hold: holdOf.get(order.order_id),
    })),
    orphans: [
      ...payments.flatMap(orphan('payment')),
      ...reservations.flatMap(orphan('reservation')),
      ...holds.flatMap(orphan('coupon hold')),
    ],
  };
}

function byOrder<R extends { readonly order_id: string }>(rows: readonly R[]): ReadonlyMap<string, R> {
  return new Map(rows.map((row) => [row.order_id, row]));
}

const orderSql = `
  select order_id::text, state, stock, payment, coupon, currency, total, refunded, payment_id::text, coupon_code,
    version
  from orders`;

const paymentSql = `
  select payment_id::text, order_id, state, currency, amount, authorised, captured, refunded,
    coalesce((select string_agg(operation, ' ' order by position) from attempt
      where attempt.payment_id = payment.payment_id and outcome in ('SUCCEEDED', 'RETURNED')), '') as done
  from payment`;

/** A line is an order's SKU at a location. */
const reservationSql = `
  select order_id::text, state, coalesce(lines, 0) as lines, coalesce(sold, 0) as sold,
    coalesce(returned, 0) as returned
  from reservation
  left join (select order_id, count(*)::int as lines from reservation_line group by order_id) as held
    using (order_id)
  left join (
    select order_id, (count(*) filter (where kind = 'SALE'))::int as sold,
      (count(*) filter (where kind = 'RETURN'))::int as returned
    from movement where order_id is not null group by order_id) as moved using (order_id)`;
