import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { type OrderEvent, OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import type { Consumer } from '#platform/consumer/consumer.ts';
import { readRecord } from '#platform/consumer/incoming.ts';
import { takePortion } from '#platform/consumer/process-batch.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { domainEvent, topicOf } from '#platform/events/domain-event.ts';
import { eventHeaders } from '#platform/events/headers.ts';
import { armFailpoints } from '#platform/failpoint/failpoint.ts';
import { createConsumers } from './consumers.ts';
import { assertInvariants } from './testing/invariants.ts';
import { openStockroom, type Stockroom } from './testing/stockroom.ts';

type Fact = NonNullable<Exclude<MessageInitShape<typeof OrderEventSchema>, OrderEvent>['event']>;

const clock = { now: () => new Date() };
const ids = { uuid: uuidv7 };
const skus = ['A', 'B', 'C', 'D', 'E', 'F'];
const topic = topicOf(OrderEventSchema);
let room: Stockroom;
let checkout: Consumer;
let offset = 0n;
let partition = 0;

before(async () => {
  room = await openStockroom();
  const [consumer] = createConsumers(room.database, { clock, ids, holdMs: 60_000 });
  assert.ok(consumer !== undefined);
  checkout = consumer;
  await room.receive(
    'main',
    skus.map((sku) => ({ sku, quantity: 1_000 })),
  );
});
after(() => room.database.drop());

test('the order’s facts reserve, commit and take back, and each is answered once however often it comes', async () => {
  const orderId = uuidv7();
  const facts = [
    record(1, placed(orderId)),
    record(2, { case: 'confirmed', value: { orderId } }),
    record(3, { case: 'paid', value: { orderId } }),
    record(4, { case: 'cancellationStarted', value: { orderId } }),
  ];
  await deliver(facts);
  await deliver(facts);
  const again = facts.map((each) => ({ ...each, offset: offset++ }));
  await deliver(again);
  assert.deepEqual(await room.facts(orderId), ['StockReserved', 'StockCommitted', 'StockReturned']);
  await assertInvariants(room.database);
});

test('a batch that dies before its commit leaves nothing, and is whole when it comes again', async () => {
  const orders = [uuidv7(), uuidv7(), uuidv7()];
  const facts = orders.map((orderId) => record(1, placed(orderId)));
  const disarm = armFailpoints('inventory.checkout:P2=throw@1');
  try {
    // The kernel halves what failed and takes it at once.
    await deliver(facts);
  } finally {
    disarm();
  }
  for (const orderId of orders) {
    assert.deepEqual(await room.facts(orderId), ['StockReserved']);
  }
  await assertInvariants(room.database);
});

test('batches of several partitions at once want the same SKUs in any order, and each is one transaction', async () => {
  const batches = Array.from({ length: 6 }, (_, i) => {
    partition = 10 + i;
    return Array.from({ length: 20 }, () => record(1, placed(uuidv7())));
  });
  await Promise.all(batches.map((batch) => deliver(batch)));
  const { rows } = await sql<{ facts: bigint; transactions: bigint }>`
    select count(*) as facts, count(distinct xmin::text) as transactions
    from inbox where partition >= 10`.execute(room.database.db);
  assert.deepEqual(rows, [{ facts: 120n, transactions: 6n }], 'no batch was halved after a deadlock');
  const parked = await kernelTables(room.database.db).selectFrom('dead_letter').selectAll().execute();
  assert.deepEqual(parked, []);
  await assertInvariants(room.database);
});

/** Wants one SKU only, so that the orders of a batch lock SKUs in any order. */
function placed(orderId: string): Fact {
  const sku = skus[Math.floor(Math.random() * skus.length)] ?? 'A';
  return { case: 'placed', value: { orderId, lines: [{ sku, quantity: 1 }] } };
}

function record(sequence: number, fact: Fact) {
  const event = domainEvent(OrderEventSchema, { id: fact.value?.orderId ?? '', sequence }, { event: fact });
  const headers = eventHeaders({ service: 'order', clock, ids }, uuidv7(), event);
  return {
    topic,
    partition,
    offset: offset++,
    key: Buffer.from(event.aggregateId),
    value: Buffer.from(toBinary(OrderEventSchema, create(OrderEventSchema, { event: fact }))),
    headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
}

async function deliver(records: readonly ReturnType<typeof record>[]): Promise<void> {
  const subscription = checkout.subscriptions.get(topic);
  const first = records[0];
  assert.ok(subscription !== undefined && first !== undefined);
  const incoming = records.map((each) => readRecord(subscription, each));
  const { signal } = new AbortController();
  const portion = { topic, partition: first.partition, signal, records: incoming };
  await takePortion(checkout, portion, pino({ level: 'fatal' }));
}
