import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { PriceChangedSchema, ProductEventSchema } from '#gen/shopverse/product/v1/product_events_pb.ts';
import type { DomainEvent } from '#platform/events/domain-event.ts';
import { outboxEntry } from '#platform/outbox/append.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { openShop, type Staff } from '../journeys/testing/staff.ts';
import { buy, settled } from '../races/buyers.ts';
import { openDatabase, type ServiceDatabase } from './databases.ts';

/** A field that no version of today has. */
const LATER = 4_000;
const PATIENCE_MS = 60_000;

let staff: Staff;
let product: ServiceDatabase;
let order: ServiceDatabase;
let cart: ServiceDatabase;

before(async () => {
  [staff, product, order, cart] = await Promise.all([
    openShop(),
    openDatabase('product'),
    openDatabase('order'),
    openDatabase('cart'),
  ]);
});
after(() => Promise.all([product, order, cart].map((database) => database.close())));

const note = (text: string) => new BinaryWriter().tag(LATER, WireType.LengthDelimited).string(text).finish();

/** States a fact in a service's outbox, as a later version of the service would; its relay publishes it. */
async function state(database: ServiceDatabase, service: string, event: DomainEvent): Promise<string> {
  const source = {
    service,
    clock: { now: () => new Date() },
    ids: { uuid: () => randomUUID() },
  };
  const entry = outboxEntry(source, 'a-later-version', event);
  await database.rows(
    `insert into outbox (event_id, topic, key, aggregate_type, aggregate_id, aggregate_seq, type, headers, payload)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      entry.eventId,
      entry.topic,
      entry.key,
      entry.aggregateType,
      entry.aggregateId,
      entry.sequence.toString(),
      entry.type,
      JSON.stringify(entry.headers),
      entry.payload,
    ],
  );
  return entry.eventId;
}

async function outcomeOf(eventId: string, consumer: string): Promise<string | undefined> {
  const [row] = await cart.rows<{ outcome: string }>(
    'select outcome from inbox where consumer = $1 and event_id = $2',
    [consumer, eventId],
  );
  return row?.outcome;
}

const priceOf = async (sku: string) => {
  const [row] = await cart.rows<{ price: string }>(
    'select unit_price::text as price from variant where sku = $1',
    [sku],
  );
  return row?.price;
};

test('F-21 I-41 facts of a later version: unknown fields are passed over, an unknown fact is skipped, what follows has its effect', {
  timeout: 200_000,
}, async () => {
  const sku = await staff.newProduct({ price: 100n, onHand: 0 });
  await waitFor('the product in the cart', () => priceOf(sku), PATIENCE_MS);
  const [row] = await product.rows<{ id: string; version: string }>(
    'select product_id as id, version::text from product join variant using (product_id) where sku = $1',
    [sku],
  );
  assert.ok(row);
  const topic = 'shopverse.product.v1';
  const about = { topic, aggregateType: 'Product', aggregateId: row.id };
  const dataschema = ProductEventSchema.typeName;
  const changed = create(PriceChangedSchema, {
    productId: row.id,
    sku,
    newPrice: { currencyCode: 'USD', minorUnits: 250n },
  });
  // The fact's own message has a field more, and so has what it lies in.
  const inner = Buffer.concat([toBinary(PriceChangedSchema, changed), note('why')]);
  const later = Buffer.concat([
    new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(inner).finish(),
    note('by whom'),
  ]);
  const sequence = BigInt(row.version);
  await product.rows('update product set version = version + 2 where product_id = $1', [row.id]);
  const known = await state(product, 'product', {
    ...about,
    dataschema,
    sequence: sequence + 1n,
    type: PriceChangedSchema.typeName,
    payload: later,
  });
  const unknown = await state(product, 'product', {
    ...about,
    dataschema,
    sequence: sequence + 2n,
    type: 'shopverse.product.v1.ProductGiftWrapped',
    payload: note('a fact that this version has no field for'),
  });
  const consumer = 'shopverse.cart.catalogue';
  const skipped = await waitFor(
    'the unknown fact to be passed',
    () => outcomeOf(unknown, consumer),
    PATIENCE_MS,
  );
  assert.equal(skipped, 'skip');
  assert.equal(await outcomeOf(known, consumer), 'effect');
  assert.equal(await priceOf(sku), '250');
  await staff.products.setPrice({ sku, price: { currencyCode: 'USD', minorUnits: 300n } });
  await waitFor('today’s own fact', async () => (await priceOf(sku)) === '300', PATIENCE_MS);
  const letters = await cart.rows('select id from dead_letter where event_id = any($1)', [[known, unknown]]);
  assert.deepEqual(letters, []);
});

test('F-21 an order’s fact that nobody knows yet stalls neither a consumer nor an order', {
  timeout: 300_000,
}, async () => {
  const unknown = await state(order, 'order', {
    topic: 'shopverse.order.v1',
    aggregateType: 'Order',
    aggregateId: randomUUID(),
    dataschema: OrderEventSchema.typeName,
    sequence: 1n,
    type: 'shopverse.order.v1.OrderGiftWrapped',
    payload: note('with a ribbon'),
  });
  const skipped = await waitFor(
    'the fact to be passed',
    () => outcomeOf(unknown, 'shopverse.cart.checkout'),
    PATIENCE_MS,
  );
  assert.equal(skipped, 'skip');
  const sku = await staff.newProduct({ price: 700n, onHand: 1 });
  const bought = await settled(staff, (await buy(staff, { sku, price: 700n })).orderId);
  assert.equal(bought.history.at(-1)?.state, bought.state);
});
