import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { InventoryEventSchema } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import type { Consumer } from '#platform/consumer/consumer.ts';
import { readRecord } from '#platform/consumer/incoming.ts';
import { takePortion } from '#platform/consumer/process-batch.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { domainEvent, topicOf } from '#platform/events/domain-event.ts';
import { eventHeaders } from '#platform/events/headers.ts';
import { armFailpoints } from '#platform/failpoint/failpoint.ts';
import { checkoutConsumer } from './consumers.ts';
import { deliveryOf, type Orders, startOrders } from './testing/orders.ts';

const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
const total = usd(1649n);
let orders: Orders;
let checkout: Consumer;
let offset = 0n;

before(async () => {
  orders = await startOrders({ maxUnsettled: 1000 });
  checkout = checkoutConsumer(orders.database, orders.ports);
});
after(() => orders.stop());
beforeEach(() => sql`delete from inbox`.execute(orders.database.db));

/** An order with a coupon, placed. */
async function placed(): Promise<string> {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const cartId = orders.fillCart(userId, { couponCode: 'SPRING', discount: usd(100n) });
  const { order } = await ada.placeOrder(deliveryOf(cartId));
  return order?.orderId ?? '';
}

async function rowOf(orderId: string) {
  return await orders.database.db
    .selectFrom('orders')
    .selectAll()
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow();
}

type Said = ReturnType<typeof said>;

/** A record as the topic has it. */
function said<E extends DescMessage>(schema: E, key: string, sequence: number, event: MessageInitShape<E>) {
  const fact = domainEvent(schema, { id: key, sequence }, event);
  const source = { service: 'test', clock: { now: () => new Date() }, ids: { uuid: uuidv7 } };
  return {
    topic: topicOf(schema),
    partition: 0,
    offset: offset++,
    key: Buffer.from(key),
    value: Buffer.from(fact.payload),
    headers: Object.entries(eventHeaders(source, uuidv7(), fact)).map(
      ([name, value]) => [name, Buffer.from(value)] as const,
    ),
  };
}

async function deliver(records: readonly Said[], partition = 0): Promise<void> {
  const topic = records[0]?.topic ?? '';
  const subscription = checkout.subscriptions.get(topic);
  assert.ok(subscription !== undefined);
  const signal = new AbortController().signal;
  const incoming = records.map((record) => readRecord(subscription, { ...record, partition }));
  await takePortion(checkout, { topic, partition, signal, records: incoming }, pino({ level: 'silent' }));
}

const reserved = (orderId: string) =>
  said(InventoryEventSchema, orderId, 1, { event: { case: 'reserved', value: { orderId } } });
const committed = (orderId: string) =>
  said(InventoryEventSchema, orderId, 2, { event: { case: 'committed', value: { orderId } } });
const held = (orderId: string) =>
  said(CartEventSchema, orderId, 1, { event: { case: 'couponHeld', value: { orderId, code: 'SPRING' } } });
const authorised = (orderId: string, paymentId: string) =>
  said(PaymentEventSchema, paymentId, 1, {
    event: { case: 'authorised', value: { paymentId, orderId, amount: total } },
  });
const captured = (orderId: string, paymentId: string) =>
  said(PaymentEventSchema, paymentId, 2, {
    event: { case: 'captured', value: { paymentId, orderId, captured: total } },
  });

/** Takes orders to CONFIRMED, and returns each with its payment. */
async function confirmed(orderIds: readonly string[]): Promise<(readonly [string, string])[]> {
  await deliver(orderIds.map(reserved));
  await deliver(orderIds.map(held));
  const pairs = await Promise.all(
    orderIds.map(async (orderId) => [orderId, (await rowOf(orderId)).payment_id ?? ''] as const),
  );
  await deliver(pairs.map(([orderId, paymentId]) => authorised(orderId, paymentId)));
  return pairs;
}

test('I-32 the participants’ facts take an order to PAID, each with one effect however often it comes', async () => {
  const orderId = await placed();
  const [pair] = await confirmed([orderId]);
  const answers = [captured(orderId, pair?.[1] ?? ''), committed(orderId)];
  for (const answer of [...answers, ...answers]) {
    await deliver([answer]);
    await deliver([{ ...answer, offset: offset++ }]);
  }
  const { state, coupon, version } = await rowOf(orderId);
  assert.deepEqual([state, coupon, version], ['PAID', 'held', 4n]);
  assert.deepEqual(await orders.facts(orderId), [
    '1 OrderPlaced',
    '2 PaymentRequested',
    '3 OrderConfirmed',
    '4 OrderPaid',
  ]);
});

test('a refund in part is none of the checkout’s business, one in full ends its wait', async () => {
  const orderId = await placed();
  const [pair] = await confirmed([orderId]);
  const paymentId = pair?.[1] ?? '';
  await deliver([captured(orderId, paymentId)]);
  await orders.tell(orderId, { type: 'StaffCancelled' });
  const refunded = (sequence: number, sum: bigint) =>
    said(PaymentEventSchema, paymentId, sequence, {
      event: {
        case: 'refunded',
        value: { paymentId, orderId, amount: usd(1n), refunded: usd(sum), captured: total },
      },
    });
  await deliver([refunded(3, 1648n)]);
  assert.equal((await rowOf(orderId)).payment, 'undoing');
  await deliver([refunded(4, 1649n)]);
  const { payment, refunded: sum } = await rowOf(orderId);
  assert.deepEqual([payment, sum], ['refunded', 1649n]);
});

test('batches of two topics that want the same orders, in opposite orders, both come through whole', async () => {
  const orderIds = await Promise.all(Array.from({ length: 20 }, placed));
  const pairs = await confirmed(orderIds);
  await Promise.all([
    deliver(
      pairs.map(([orderId, paymentId]) => captured(orderId, paymentId)),
      1,
    ),
    deliver(orderIds.toReversed().map(committed), 2),
  ]);
  for (const orderId of orderIds) {
    assert.equal((await rowOf(orderId)).state, 'PAID');
  }
  const { rows } = await sql<{ transactions: bigint }>`
    select count(distinct xmin::text) as transactions from inbox where partition > 0`.execute(
    orders.database.db,
  );
  assert.deepEqual(rows, [{ transactions: 2n }], 'no batch was halved after a deadlock');
});

test('F-01 a batch that dies before its commit leaves nothing, and is whole when it comes again', async () => {
  const orderId = await placed();
  const disarm = armFailpoints('order.checkout:P2=throw@1');
  try {
    await deliver([reserved(orderId), reserved(await placed())]);
  } finally {
    disarm();
  }
  assert.equal((await rowOf(orderId)).stock, 'reserved');
});

test('an answer that contradicts its order, or has none, is parked and lets others past', async () => {
  const orderId = await placed();
  const other = await placed();
  const stray = uuidv7();
  await deliver([reserved(stray), reserved(orderId), reserved(other)]);
  await deliver([held(orderId)]);
  const paymentId = (await rowOf(orderId)).payment_id ?? '';
  const short = said(PaymentEventSchema, paymentId, 1, {
    event: { case: 'authorised', value: { paymentId, orderId, amount: usd(1n) } },
  });
  await deliver([short]);
  assert.equal((await rowOf(orderId)).state, 'STOCK_RESERVED');
  assert.equal((await rowOf(other)).stock, 'reserved');
  const parked = await kernelTables(orders.database.db)
    .selectFrom('dead_letter')
    .select(['key', 'error'])
    .execute();
  assert.deepEqual(parked.map(({ key }) => key?.toString()).toSorted(), [stray, paymentId].toSorted());
  assert.match(parked.map(({ error }) => error).join(), /contradicts/);
});
