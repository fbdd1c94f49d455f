import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import { Held } from '#platform/db/held.ts';
import { uniqueViolation } from '#platform/db/unique-violation.ts';
import type { OrderLine } from '../domain/money.ts';
import type { Address, Change, HistoryEntry, Order } from '../domain/order.ts';
import { unsettledStates } from '../domain/order-state.ts';
import type { Shipment } from '../domain/shipping.ts';
import type { OrderStore } from '../ports.ts';
import { orderEvent } from './order-events.ts';
import { linesOf, viewsOf } from './order-views.ts';
import { toRpcError } from './refusals.ts';
import { fromRow, type OrderTables, orderColumns, toRow } from './tables.ts';

const held = new Held<Order>();

/**
 * Locks these orders at once, so that the store's `lock` finds them: in one statement, and in an order that all
 * transactions keep to, so that two batches with the same orders wait for each other instead of ending in a deadlock.
 */
export async function lockOrders(tx: Tx<OrderTables>, orderIds: readonly string[]): Promise<void> {
  held.keep(
    tx.db,
    (await locked(tx, orderIds)).map((order) => [order.orderId, order]),
  );
}

async function locked(tx: Tx<OrderTables>, orderIds: readonly string[]): Promise<readonly Order[]> {
  const rows = await tx.db
    .selectFrom('orders')
    .select(orderColumns)
    .where('order_id', '=', sql<string>`any(${orderIds}::uuid[])`)
    .orderBy('order_id')
    .forUpdate()
    .execute();
  return rows.map(fromRow);
}

/** The orders inside a transaction of the service's database. */
export function orderStore(tx: Tx<OrderTables>): OrderStore {
  return {
    insert: (change, lines, address) => insert(tx, change, lines, address),
    lock: async (orderId) => held.take(tx.db, orderId) ?? (await locked(tx, [orderId]))[0],
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
  const { order, history } = change;
  const { order_id, create_time: _, ...columns } = toRow(order);
  const update = (db: Pick<typeof tx.db, 'updateTable'>) =>
    db
      .updateTable('orders')
      .set(columns)
      .where('order_id', '=', order_id)
      .where('revision', '=', order.revision - 1n);
  const updated =
    history.length === 0
      ? await update(tx.db).executeTakeFirst()
      : await update(
          tx.db.with('noted', (db) => db.insertInto('order_history').values(historyRows(order, history))),
        ).executeTakeFirst();
  if (updated.numUpdatedRows !== 1n) {
    throw new Error(`Order ${order_id} has changed since it was read at revision ${order.revision - 1n}`);
  }
  const carriesLines = change.stated.some(({ fact }) => fact.type === 'OrderPaid');
  publish(tx, change, carriesLines ? await linesOf(tx.db, order_id) : []);
}

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
    .where('state', 'in', unsettledStates)
    .executeTakeFirstOrThrow();
  return Number(count);
}

function historyRows(order: Order, history: readonly HistoryEntry[]) {
  return history.map(({ sequence, state, cause, time }) => ({
    order_id: order.orderId,
    sequence,
    state,
    cause,
    time,
  }));
}

/** 64-bit numbers travel as texts in JSON, so that none is rounded. */
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
