import { fromBinary } from '@bufbuild/protobuf';
import type { Money } from '#gen/shopverse/common/v1/money_pb.ts';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { type Movement, type PlacedOrder, type SaleLine, saleLines } from '../domain/sale-lines.ts';
import type { Difference } from './recompute.ts';

type MovedOrder = { readonly orderId: string; readonly currency: string; readonly movement: Movement };

/** Whoever reads ClickHouse: the rows of a query, 64-bit integers as text. */
export type RowReader = {
  rows<R extends object>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<R[]>;
};

/**
 * I-52 for the sale lines: computes each anew from the raw events of its order and payment, and tells what differs.
 * Holds every order and line in memory.
 */
export async function saleLineDifferences(client: RowReader): Promise<Difference[]> {
  const expected = await expectedLines(client);
  const found = await foundLines(client);
  return [
    ...lacking('sale_lines', 'expected', expected, found),
    ...lacking('sale_lines', 'found', found, expected),
  ];
}

function lacking(
  table: string,
  side: Difference['side'],
  these: ReadonlySet<string>,
  those: ReadonlySet<string>,
): Difference[] {
  return [...these].filter((line) => !those.has(line)).map((line) => ({ table, side, row: { line } }));
}

async function expectedLines(client: RowReader): Promise<Set<string>> {
  const orders = new Map<string, PlacedOrder>();
  for (const { payload } of await events(client, ['shopverse.order.v1.OrderPlaced'])) {
    const { event } = fromBinary(OrderEventSchema, payload);
    if (event.case !== 'placed') continue;
    const { lines, discount, shipping, tax, orderId } = event.value;
    orders.set(orderId, {
      lines: lines.map((line) => ({
        department: line.categoryPath[0] ?? '',
        units: BigInt(line.quantity),
        amount: units(line.amount),
      })),
      discount: units(discount),
      shipping: units(shipping),
      tax: units(tax),
    });
  }
  const expected = new Set<string>();
  const types = ['shopverse.payment.v1.PaymentCaptured', 'shopverse.payment.v1.PaymentRefunded'];
  for (const { id, payload } of await events(client, types)) {
    const moved = movementOf(payload);
    const order = moved && orders.get(moved.orderId);
    if (!moved || !order) continue;
    for (const line of saleLines(order, moved.movement)) {
      expected.add(told(id, moved.orderId, moved.movement.entry, moved.currency, line));
    }
  }
  return expected;
}

function movementOf(payload: Uint8Array): MovedOrder | undefined {
  const { event } = fromBinary(PaymentEventSchema, payload);
  switch (event.case) {
    case 'captured': {
      const all = units(event.value.captured);
      const movement: Movement = { entry: 'SALE', from: 0n, to: all, captured: all };
      return { orderId: event.value.orderId, currency: event.value.captured?.currencyCode ?? '', movement };
    }
    case 'refunded': {
      const { orderId, amount, refunded, captured } = event.value;
      const to = units(refunded);
      const movement: Movement = { entry: 'REFUND', from: to - units(amount), to, captured: units(captured) };
      return { orderId, currency: amount?.currencyCode ?? '', movement };
    }
    default:
      return undefined;
  }
}

async function foundLines(client: RowReader): Promise<Set<string>> {
  type Row = {
    [name in 'event_id' | 'order_id' | 'entry' | 'currency' | 'component' | 'department']: string;
  } & {
    [name in 'line_number' | 'amount' | 'units' | 'baskets' | 'orders']: string;
  };
  const rows = await client.rows<Row>(
    `SELECT event_id, order_id, entry, currency, component, department, toString(l.line_number) AS line_number,
        toString(l.amount) AS amount, toString(l.units) AS units, toString(l.baskets) AS baskets, toString(l.orders) AS orders
      FROM sale_lines AS l FINAL`,
  );
  return new Set(
    rows.map((row) =>
      told(row.event_id, row.order_id, row.entry, row.currency, { ...row, number: row.line_number }),
    ),
  );
}

/** A line in one string, the same for both sides. */
function told(
  eventId: string,
  orderId: string,
  entry: string,
  currency: string,
  line: { [name in keyof SaleLine]: SaleLine[name] | string },
): string {
  const { number, component, department, amount, units, baskets, orders } = line;
  return [
    eventId,
    number,
    orderId,
    entry,
    component,
    department,
    currency,
    amount,
    units,
    baskets,
    orders,
  ].join('|');
}

async function events(
  client: RowReader,
  types: readonly string[],
): Promise<{ id: string; payload: Uint8Array }[]> {
  const rows = await client.rows<{ id: string; payload: string }>(
    `SELECT event_id AS id, base64Encode(e.payload) AS payload FROM events_raw AS e FINAL
      WHERE type IN {types: Array(String)}`,
    { types },
  );
  return rows.map(({ id, payload }) => ({ id, payload: Buffer.from(payload, 'base64') }));
}

function units(money: Money | undefined): bigint {
  return money?.minorUnits ?? 0n;
}
