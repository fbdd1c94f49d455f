import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { v7 as uuidv7 } from 'uuid';
import { EndReason, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { fromStateMessage } from './adapters/order-enums.ts';
import type { Message } from './domain/checkout.ts';
import { deliveryOf, type Orders, orderOf, startOrders } from './testing/orders.ts';

let orders: Orders;
before(async () => {
  orders = await startOrders();
});
after(() => orders.stop());

const total = { currency: 'USD', minorUnits: 1749n };
const refuses = (reason: string, code: status) => (error: unknown) =>
  error instanceof RpcError && error.reason === reason && error.code === code;

async function placed(
  userId: string,
  request: ReturnType<typeof orderOf> | ReturnType<typeof deliveryOf> = deliveryOf(orders.fillCart(userId)),
) {
  const client = await orders.as(userId);
  const { order } = await client.placeOrder(request);
  assert.ok(order);
  return { client, orderId: order.orderId };
}

async function pay(orderId: string, amount = total): Promise<void> {
  await orders.tell(orderId, { type: 'StockReserved' });
  const paymentId = await paymentOf(orderId);
  await orders.tell(orderId, { type: 'PaymentAuthorised', paymentId, amount });
  await orders.tell(orderId, { type: 'PaymentCaptured', paymentId, amount });
  await orders.tell(orderId, { type: 'StockCommitted' });
}

async function paymentOf(orderId: string): Promise<string> {
  const { payment_id } = await orders.database.db
    .selectFrom('orders')
    .select('payment_id')
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow();
  return payment_id ?? '';
}

test('S-13 an order of somebody else is answered as one that does not exist', async () => {
  const { orderId } = await placed(uuidv7());
  const eve = await orders.as(uuidv7());
  const unknown = uuidv7();
  for (const id of [orderId, unknown]) {
    const gone = refuses('ORDER_NOT_FOUND', status.NOT_FOUND);
    await assert.rejects(eve.getOrder({ orderId: id }), gone);
    await assert.rejects(eve.cancelOrder({ requestId: randomUUID(), orderId: id }), gone);
    await assert.rejects(async () => {
      for await (const _ of eve.watchOrder({ orderId: id })) {
        assert.fail('a stranger saw the order');
      }
    }, gone);
  }
  const support = await orders.as(uuidv7(), 'support');
  assert.equal((await support.getOrder({ orderId })).order?.orderId, orderId);
});

test('orders are listed newest first, in pages that leave none out, and each user’s own only', async () => {
  const ada = uuidv7();
  const placedIds: string[] = [];
  for (let count = 0; count < 5; count++) {
    placedIds.push((await placed(ada)).orderId);
  }
  await placed(uuidv7());
  const client = await orders.as(ada);
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await client.listOrders({ pageSize: 2, pageToken });
    assert.ok(page.orders.length <= 2);
    assert.ok(page.orders.every((order) => order.history.length === 0));
    seen.push(...page.orders.map((order) => order.orderId));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, placedIds.toReversed());
  await assert.rejects(
    client.listOrders({ userId: uuidv7() }),
    refuses('PERMISSION_DENIED', status.PERMISSION_DENIED),
  );
  const support = await orders.as(uuidv7(), 'support');
  const theirs = await support.listOrders({ userId: ada, state: Order_State.PLACED });
  assert.equal(theirs.orders.length, 5);
  assert.equal((await support.listOrders({ userId: ada, state: Order_State.PAID })).orders.length, 0);
});

test('I-18 a watcher sees every state in its order, and the end ends the stream', async () => {
  const { client, orderId } = await placed(uuidv7());
  const seen: Order_State[] = [];
  const watching = (async () => {
    for await (const { order } of client.watchOrder({ orderId, untilPaid: true }, { timeoutMs: 20_000 })) {
      seen.push(order?.state ?? Order_State.UNSPECIFIED);
      if (seen.length === 1) {
        void pay(orderId);
      }
    }
  })();
  await watching;
  assert.equal(seen[0], Order_State.PLACED);
  assert.equal(seen.at(-1), Order_State.PAID);
  assert.deepEqual(seen, seen.toSorted());
});

test('a watcher sees what another replica did, and one that goes away leaves nothing behind', async () => {
  const { client, orderId } = await placed(uuidv7());
  const gone = new AbortController();
  const states: (Order_State | undefined)[] = [];
  const started = performance.now();
  await assert.rejects(async () => {
    for await (const { order } of client.watchOrder({ orderId }, { signal: gone.signal })) {
      states.push(order?.state);
      if (states.length === 1) {
        // As a replica would: a commit that this process isn't told of.
        await orders.database.admin(
          `update orders set state = 'STOCK_RESERVED', revision = revision + 1 where order_id = $1`,
          [orderId],
        );
      } else {
        gone.abort();
      }
    }
  });
  assert.deepEqual(states, [Order_State.PLACED, Order_State.STOCK_RESERVED]);
  assert.ok(performance.now() - started < 2000);
});

test('cancelling gives everything back, once; cancelling again changes nothing', async () => {
  const { client, orderId } = await placed(uuidv7());
  await pay(orderId);
  const cancel = () => client.cancelOrder({ requestId: randomUUID(), orderId });
  const [first, second] = [await cancel(), await cancel()];
  assert.equal(first.order?.state, Order_State.CANCELLING);
  assert.deepEqual(second, first);
  const paymentId = await paymentOf(orderId);
  await orders.tell(orderId, { type: 'StockReturned' });
  await orders.tell(orderId, { type: 'PaymentRefunded', paymentId, amount: total });
  const { order } = await client.getOrder({ orderId });
  assert.equal(order?.state, Order_State.CANCELLED);
  assert.equal(order.endReason, EndReason.CUSTOMER);
  assert.deepEqual(
    order.history.map(({ state, cause }) => [fromStateMessage(state), cause]),
    [
      ['PLACED', 'PlaceOrder'],
      ['STOCK_RESERVED', 'StockReserved'],
      ['CONFIRMED', 'PaymentAuthorised'],
      ['PAID', 'StockCommitted'],
      ['CANCELLING', 'CustomerCancelled'],
      ['CANCELLED', 'PaymentRefunded'],
    ],
  );
  assert.deepEqual(await orders.facts(orderId), [
    '1 OrderPlaced',
    '2 PaymentRequested',
    '3 OrderConfirmed',
    '4 OrderPaid',
    '5 OrderCancellationStarted',
    '6 OrderCancelled',
  ]);
  assert.equal((await cancel()).order?.state, Order_State.CANCELLED);
});

test('a counter sale is fulfilled as soon as it is paid, and then neither shipped nor cancelled', async () => {
  const userId = uuidv7();
  const { client, orderId } = await placed(userId, orderOf(orders.fillCart(userId)));
  await pay(orderId, { currency: 'USD', minorUnits: 1250n });
  assert.equal((await client.getOrder({ orderId })).order?.state, Order_State.FULFILLED);
  await assert.rejects(
    client.cancelOrder({ requestId: randomUUID(), orderId }),
    refuses('ORDER_NOT_CANCELLABLE', status.FAILED_PRECONDITION),
  );
  const warehouse = await orders.as(uuidv7(), 'warehouse');
  await assert.rejects(
    warehouse.createShipment({ requestId: randomUUID(), orderId, carrier: 'Post', trackingNumber: '1' }),
    refuses('ORDER_NOT_SHIPPABLE', status.FAILED_PRECONDITION),
  );
});

test('a delivery leaves in parts, can then not be cancelled, and is fulfilled with the last arrival', async () => {
  const { client, orderId } = await placed(uuidv7());
  const warehouse = await orders.as(uuidv7(), 'warehouse');
  const ship = (lines: { sku: string; quantity: number }[] = []) =>
    warehouse.createShipment({
      requestId: randomUUID(),
      orderId,
      lines,
      carrier: 'Post',
      trackingNumber: '1',
    });
  const deliver = (shipmentId: string) =>
    warehouse.confirmDelivery({ requestId: randomUUID(), orderId, shipmentId });
  await assert.rejects(ship(), refuses('ORDER_NOT_SHIPPABLE', status.FAILED_PRECONDITION));
  await pay(orderId);
  await assert.rejects(
    ship([{ sku: 'CHEESE-1', quantity: 4 }]),
    refuses('SHIPMENT_TOO_LARGE', status.FAILED_PRECONDITION),
  );
  const first = await ship([{ sku: 'CHEESE-1', quantity: 2 }]);
  await assert.rejects(
    client.cancelOrder({ requestId: randomUUID(), orderId }),
    refuses('ORDER_NOT_CANCELLABLE', status.FAILED_PRECONDITION),
  );
  const rest = await ship();
  assert.deepEqual(
    rest.order?.shipments[1]?.lines.map(({ sku, quantity }) => [sku, quantity]),
    [
      ['CHEESE-1', 1],
      ['BREAD-1', 1],
    ],
  );
  assert.equal((await deliver(first.shipmentId)).order?.state, Order_State.PAID);
  await assert.rejects(deliver(uuidv7()), refuses('SHIPMENT_NOT_FOUND', status.NOT_FOUND));
  assert.equal((await deliver(rest.shipmentId)).order?.state, Order_State.FULFILLED);
  assert.equal((await deliver(rest.shipmentId)).order?.state, Order_State.FULFILLED);
  assert.deepEqual((await orders.facts(orderId)).slice(4), [
    '5 OrderShipped',
    '6 OrderShipped',
    '7 OrderFulfilled',
  ]);
});

test('I-16 answers that come at once, twice over and in any order, move an order once', async () => {
  const { client, orderId } = await placed(uuidv7());
  await Promise.all(Array.from({ length: 10 }, () => orders.tell(orderId, { type: 'StockReserved' })));
  const paymentId = await paymentOf(orderId);
  const amount = total;
  const authorised: Message = { type: 'PaymentAuthorised', paymentId, amount };
  await Promise.all([authorised, authorised, authorised].map((message) => orders.tell(orderId, message)));
  const rest: Message[] = [{ type: 'StockCommitted' }, { type: 'PaymentCaptured', paymentId, amount }];
  await Promise.all([...rest, ...rest, ...rest].map((message) => orders.tell(orderId, message)));
  assert.equal((await client.getOrder({ orderId })).order?.state, Order_State.PAID);
  assert.deepEqual(await orders.facts(orderId), [
    '1 OrderPlaced',
    '2 PaymentRequested',
    '3 OrderConfirmed',
    '4 OrderPaid',
  ]);
});

test('an answer for an order that does not exist is refused loudly', async () => {
  await assert.rejects(orders.tell(uuidv7(), { type: 'StockReserved' }), /doesn't exist/);
});
