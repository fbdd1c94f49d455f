import { type SelectQueryBuilder, sql } from 'kysely';
import type { OrderLine } from '../domain/money.ts';
import type { Shipment } from '../domain/shipping.ts';
import type { OrderReader, OrderView } from '../ports.ts';
import { fromRow, type OrderDb, type OrderRow, type OrderTables, orderColumns } from './tables.ts';

type Orders = SelectQueryBuilder<OrderTables, 'orders', OrderRow>;

/** The orders as they are read outside of transactions. */
export function orderReader(db: OrderDb): OrderReader {
  return {
    async view(orderId) {
      const [view] = await viewsOf(db, (orders) => orders.where('order_id', '=', orderId));
      return view;
    },
    list: ({ userId, state, before, limit }) =>
      viewsOf(db, (orders) => {
        let page = orders.orderBy('order_id', 'desc').limit(limit);
        page = userId === undefined ? page : page.where('user_id', '=', userId);
        page = state === undefined ? page : page.where('state', '=', state);
        return before === undefined ? page : page.where('order_id', '<', before);
      }),
    changed: (known) =>
      viewsOf(db, (orders) =>
        orders.where('order_id', '=', sql<string>`any(${[...known.keys()]}::uuid[])`).where(
          'revision',
          '>',
          sql<bigint>`(
              select known.revision
              from unnest(${[...known.keys()]}::uuid[], ${[...known.values()]}::bigint[]) as known (order_id, revision)
              where known.order_id = orders.order_id)`,
        ),
      ),
    async due(now, limit) {
      const rows = await db
        .selectFrom('orders')
        .select('order_id')
        .where('deadline_time', '<=', now)
        .orderBy('deadline_time')
        .limit(limit)
        .execute();
      return rows.map((row) => row.order_id);
    },
  };
}

/** The orders that `which` selects, each with everything told of it, in one statement. */
export async function viewsOf(db: OrderDb, which: (orders: Orders) => Orders): Promise<OrderView[]> {
  const rows = await which(db.selectFrom('orders').select(orderColumns) as Orders)
    .select([
      sql<LineJson[]>`coalesce((
        select jsonb_agg(jsonb_build_array(sku, title, category_path, quantity, unit_price::text,
          discount::text, amount::text) order by number)
        from order_line where order_line.order_id = orders.order_id), '[]')`.as('lines'),
      sql<HistoryJson[]>`coalesce((
        select jsonb_agg(jsonb_build_array(sequence::text, state, cause, time) order by sequence)
        from order_history where order_history.order_id = orders.order_id), '[]')`.as('history'),
      sql<ShipmentJson[]>`coalesce((
        select jsonb_agg(jsonb_build_object('id', shipment_id, 'carrier', carrier, 'tracking', tracking_number,
          'shipped', ship_time, 'delivered', deliver_time, 'lines', (
            select jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) order by sku)
            from shipment_line where shipment_line.shipment_id = shipment.shipment_id)) order by shipment_id)
        from shipment where shipment.order_id = orders.order_id), '[]')`.as('shipments'),
      sql<OrderView['address'] | null>`(
        select jsonb_build_object('recipient', recipient, 'lines', lines, 'city', city,
          'postalCode', postal_code, 'countryCode', country_code)
        from delivery_address where delivery_address.order_id = orders.order_id)`.as('address'),
    ])
    .execute();
  return rows.map((row) => ({
    order: fromRow(row),
    lines: row.lines.map(toLine),
    address: row.address ?? undefined,
    shipments: row.shipments.map(toShipment),
    history: row.history.map(([sequence, state, cause, time]) => ({
      sequence: BigInt(sequence),
      state,
      cause,
      time: new Date(time),
    })),
  }));
}

/** An order's lines, in their order. */
export async function linesOf(db: OrderDb, orderId: string): Promise<readonly OrderLine[]> {
  const rows = await db
    .selectFrom('order_line')
    .select(['sku', 'title', 'category_path', 'quantity', 'unit_price', 'discount', 'amount'])
    .where('order_id', '=', orderId)
    .orderBy('number')
    .execute();
  return rows.map((row) => ({
    sku: row.sku,
    title: row.title,
    categoryPath: row.category_path,
    quantity: row.quantity,
    unitPrice: row.unit_price,
    discount: row.discount,
    amount: row.amount,
  }));
}

// 64-bit numbers come as texts, times as ISO 8601.
type LineJson = [
  sku: string,
  title: string,
  categoryPath: string[],
  quantity: number,
  unitPrice: string,
  discount: string,
  amount: string,
];
type HistoryJson = [
  sequence: string,
  state: OrderView['history'][number]['state'],
  cause: string,
  time: string,
];
type ShipmentJson = {
  id: string;
  carrier: string;
  tracking: string;
  shipped: string;
  delivered: string | null;
  lines: { sku: string; quantity: number }[];
};

function toLine([sku, title, categoryPath, quantity, unitPrice, discount, amount]: LineJson): OrderLine {
  return {
    sku,
    title,
    categoryPath,
    quantity,
    unitPrice: BigInt(unitPrice),
    discount: BigInt(discount),
    amount: BigInt(amount),
  };
}

function toShipment(json: ShipmentJson): Shipment {
  return {
    shipmentId: json.id,
    lines: json.lines,
    carrier: json.carrier,
    trackingNumber: json.tracking,
    shipTime: new Date(json.shipped),
    deliverTime: json.delivered === null ? undefined : new Date(json.delivered),
  };
}
