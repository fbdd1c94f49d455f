import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { Together } from '#platform/db/together.ts';
import { uniqueViolation } from '#platform/db/unique-violation.ts';
import type { OrderLine } from '../domain/money.ts';
import type { Address, Change, HistoryEntry, Order } from '../domain/order.ts';
import type { Shipment } from '../domain/shipping.ts';
import type { OrderStore } from '../ports.ts';
import { orderEvent } from './order-events.ts';
import { linesOf, viewsOf } from './order-views.ts';
import { toRpcError } from './refusals.ts';
import { fromRow, isUnsettled, type OrderTables, orderColumns, toRow } from './tables.ts';

/** What the store locks and saves, which a batch may do together. */
export const ordersTogether = new Together<OrderTables, Order, Change>({ select: selectLocked, write });

async function selectLocked(tx: Tx<OrderTables>, orderIds: readonly string[]) {
  const rows = await tx.db
    .selectFrom('orders')
    .select(orderColumns)
    .where('order_id', '=', sql<string>`any(${orderIds}::uuid[])`)
    .orderBy('order_id')
    .forUpdate()
    .execute();
  return rows.map((row) => [row.order_id, fromRow(row)] as const);
}

/** The orders inside a transaction of the service's database. */
export function orderStore(tx: Tx<OrderTables>): OrderStore {
  return {
    insert: (change, lines, address) => insert(tx, change, lines, address),
    lock: (orderId) => ordersTogether.lock(tx, orderId),
    save: (change) => save(tx, change),
    async view(orderId) {
      const [view] = await viewsOf(tx.db, (orders) => orders.where('order_id', '=', orderId));
      return view;
    },
    insertShipment: (orderId, shipment) => insertShipment(tx, orderId, shipment),
    async markDelivered(shipmentId, time) {
      await tx.db
        .updateTable('shipment')
        .set({ deliver_time: time })
        .where('shipment_id', '=', shipmentId)
        .execute();
    },
    countUnsettled: (userId) => countUnsettled(tx, userId),
  };
}

/** The order, its lines, its address and its history in one statement: a placement's round trips are its latency. */
async function insert(
  tx: Tx<OrderTables>,
  change: Change,
  lines: readonly OrderLine[],
  address: Address | undefined,
): Promise<void> {
  const { order } = change;
  await tx.db
    .with('placed', (db) => db.insertInto('orders').values(toRow(order)))
    .with('noted', (db) => db.insertInto('order_history').values(historyRows(order, change.history)))
    .with('addressed', (db) =>
      db
        .insertInto('delivery_address')
        .columns(['order_id', 'recipient', 'lines', 'city', 'postal_code', 'country_code'])
        .expression(
          sql`select * from jsonb_to_recordset(${addressJson(order.orderId, address)}::jsonb) as address
            (order_id uuid, recipient text, lines text[], city text, postal_code text, country_code text)`,
        ),
    )
    .insertInto('order_line')
    .columns([
      'order_id',
      'number',
      'sku',
      'title',
      'category_path',
      'quantity',
      'unit_price',
      'discount',
      'amount',
    ])
    .expression(
      sql`select ${order.orderId}::uuid, line.* from jsonb_to_recordset(${linesJson(lines)}::jsonb) as line
        (number int, sku text, title text, category_path text[], quantity int, unit_price bigint,
         discount bigint, amount bigint)`,
    )
    .execute()
    .catch((error: unknown) => {
      throw uniqueViolation(error) === 'orders_cart_once'
        ? toRpcError({ kind: 'cart-already-ordered' })
        : error;
    });
  publish(tx, change, lines);
}

async function save(tx: Tx<OrderTables>, change: Change): Promise<void> {
  const { order } = change;
  await ordersTogether.change(tx, order.orderId, order, change);
  const carriesLines = change.stated.some(({ fact }) => fact.type === 'OrderPaid');
  publish(tx, change, carriesLines ? await linesOf(tx.db, order.orderId) : []);
}

/** Of each order the last change is what it is now; the first one's revision is what it was read at. */
async function write(tx: Tx<OrderTables>, changes: readonly Change[]): Promise<void> {
  const first = new Map(changes.toReversed().map(({ order }) => [order.orderId, order.revision - 1n]));
  const last = new Map(changes.map(({ order }) => [order.orderId, order]));
  const history = changes.flatMap(({ order, history }) => historyRows(order, history));
  const column = <C extends keyof HistoryRow>(name: C) => history.map((row) => row[name]);
  const { numAffectedRows } = await sql`
    with noted as (
      insert into order_history (order_id, sequence, state, cause, time)
      select * from unnest(${column('order_id')}::uuid[], ${column('sequence')}::bigint[],
        ${column('state')}::text[], ${column('cause')}::text[], ${column('time')}::timestamptz[])
    )
    update orders set ${assignments}
    from jsonb_populate_recordset(null::orders, ${rowsJson([...last.values()])}::jsonb) as now_is
      join unnest(${[...first.keys()]}::uuid[], ${[...first.values()]}::bigint[]) as read_at (order_id, revision)
        on read_at.order_id = now_is.order_id
    where orders.order_id = now_is.order_id and orders.revision = read_at.revision`.execute(tx.db);
  if (numAffectedRows !== BigInt(last.size)) {
    throw new Error(`One of the orders ${[...last.keys()].join(', ')} has changed since it was read`);
  }
}

/** Everything of a row that can change. */
const assignments = sql.join(
  orderColumns
    .filter((column) => column !== 'order_id' && column !== 'create_time')
    .map((column) => sql`${sql.ref(column)} = now_is.${sql.ref(column)}`),
);

function publish(tx: Tx<OrderTables>, change: Change, lines: readonly OrderLine[]): void {
  tx.append(...change.stated.map((stated) => orderEvent(stated, lines)));
}

async function insertShipment(tx: Tx<OrderTables>, orderId: string, shipment: Shipment): Promise<void> {
  await tx.db
    .with('shipped', (db) =>
      db.insertInto('shipment').values({
        shipment_id: shipment.shipmentId,
        order_id: orderId,
        carrier: shipment.carrier,
        tracking_number: shipment.trackingNumber,
        ship_time: shipment.shipTime,
        deliver_time: shipment.deliverTime ?? null,
      }),
    )
    .insertInto('shipment_line')
    .values(shipment.lines.map(({ sku, quantity }) => ({ shipment_id: shipment.shipmentId, sku, quantity })))
    .execute();
}

async function countUnsettled(tx: Tx<OrderTables>, userId: string): Promise<number> {
  // Two placements of one user would each count without the other. A statement of its own, as a count sees what
  // was committed when its statement began.
  await sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 0))`.execute(tx.db);
  const { count } = await tx.db
    .selectFrom('orders')
    .select((each) => each.fn.countAll<bigint>().as('count'))
    .where('user_id', '=', userId)
    .where('channel', '=', 'ONLINE')
    .where(isUnsettled)
    .executeTakeFirstOrThrow();
  return Number(count);
}

type HistoryRow = OrderTables['order_history'];

function historyRows(order: Order, history: readonly HistoryEntry[]): HistoryRow[] {
  return history.map(({ sequence, state, cause, time }) => ({
    order_id: order.orderId,
    sequence,
    state,
    cause,
    time,
  }));
}

// 64-bit numbers travel as texts in JSON, so that none is rounded.

function rowsJson(orders: readonly Order[]): string {
  return JSON.stringify(orders.map(toRow), (_key, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

function linesJson(lines: readonly OrderLine[]): string {
  return JSON.stringify(
    lines.map((line, index) => ({
      number: index + 1,
      sku: line.sku,
      title: line.title,
      category_path: line.categoryPath,
      quantity: line.quantity,
      unit_price: String(line.unitPrice),
      discount: String(line.discount),
      amount: String(line.amount),
    })),
  );
}

function addressJson(orderId: string, address: Address | undefined): string {
  return JSON.stringify(
    address === undefined
      ? []
      : [
          {
            order_id: orderId,
            recipient: address.recipient,
            lines: address.lines,
            city: address.city,
            postal_code: address.postalCode,
            country_code: address.countryCode,
          },
        ],
  );
}
