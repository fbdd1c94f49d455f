import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { v7 as uuidv7 } from 'uuid';
import { Fulfilment_Method, Order_State, SalesChannel } from '#gen/shopverse/order/v1/order_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { deliveryOf, type Orders, orderOf, startOrders } from './testing/orders.ts';

let orders: Orders;
before(async () => {
  orders = await startOrders({ maxUnsettled: 3 });
});
after(() => orders.stop());

const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
const refuses = (reason: string, code?: status) => (error: unknown) => {
  assert.ok(error instanceof RpcError, String(error));
  assert.equal(error.reason, reason);
  assert.equal(error.code, code ?? error.code);
  return true;
};

test('I-10 an order is written down with its facts, and answered as PLACED', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const { order } = await ada.placeOrder(deliveryOf(orders.fillCart(userId)));
  assert.equal(order?.state, Order_State.PLACED);
  assert.equal(order.userId, userId);
  assert.equal(order.salesChannel, SalesChannel.ONLINE);
  assert.deepEqual([order.subtotal?.minorUnits, order.shipping?.minorUnits], [1250n, 499n]);
  assert.equal(order.total?.minorUnits, 1749n);
  assert.deepEqual(
    order.pendingSteps.map(({ step }) => step),
    ['stock'],
  );
  assert.deepEqual(await orders.facts(order.orderId), ['1 OrderPlaced']);
  const { order: read } = await ada.getOrder({ orderId: order.orderId });
  assert.deepEqual(read, order);
  assert.deepEqual(read.lines[0]?.categoryPath, ['GROCERY', 'CHEESE']);
  assert.equal(read.fulfilment?.address?.recipient, 'Ada Lovelace');
});

test('I-11 twenty parallel repeats are one order and one answer', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const request = orderOf(orders.fillCart(userId));
  const answers = await Promise.all(Array.from({ length: 20 }, () => ada.placeOrder(request)));
  assert.equal(new Set(answers.map(({ order }) => order?.orderId)).size, 1);
  assert.equal(new Set(answers.map(({ order }) => order?.etag)).size, 1);
  const { orders: listed } = await ada.listOrders({});
  assert.equal(listed.length, 1);
});

test('S-23 a cart that is ordered twenty times at once under different ids is one order, until it changes or that is undone', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const cartId = orders.fillCart(userId, { etag: '7' });
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ada.placeOrder(orderOf(cartId))));
  const placed = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.order] : []));
  assert.equal(placed.length, 1);
  for (const answer of answers) {
    if (answer.status === 'rejected') refuses('CART_ALREADY_ORDERED', status.ALREADY_EXISTS)(answer.reason);
  }
  const orderId = placed[0]?.orderId ?? '';
  await ada.cancelOrder({ requestId: randomUUID(), orderId });
  await ada.placeOrder(orderOf(cartId));
});

test('I-11 a repeat is answered even when the cart is gone or the cart service refuses', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const request = orderOf(orders.fillCart(userId));
  const first = await ada.placeOrder(request);
  orders.emptyCart(request.source.value);
  assert.deepEqual(await ada.placeOrder(request), first);
});

test('I-11 the same key with another body is refused and has no effect', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const request = orderOf(orders.fillCart(userId));
  await ada.placeOrder(request);
  await assert.rejects(
    ada.placeOrder({ ...request, paymentMethodToken: 'pm_card_mastercard' }),
    refuses('IDEMPOTENCY_KEY_REUSED', status.ALREADY_EXISTS),
  );
  assert.equal((await ada.listOrders({})).orders.length, 1);
});

test('S-19 a total other than the expected one orders nothing, and the key stays free', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const request = orderOf(orders.fillCart(userId));
  await assert.rejects(ada.placeOrder({ ...request, expectedTotal: usd(1249n) }), (error) => {
    refuses('PRICE_CHANGED', status.FAILED_PRECONDITION)(error);
    assert.deepEqual((error as RpcError).details.metadata, { expected: 'USD 1249', actual: 'USD 1250' });
    return true;
  });
  await assert.rejects(
    ada.placeOrder({ ...request, expectedTotal: { currencyCode: 'EUR', minorUnits: 1250n } }),
    refuses('PRICE_CHANGED'),
  );
  assert.equal((await ada.listOrders({})).orders.length, 0);
  const { order } = await ada.placeOrder({ ...request, expectedTotal: usd(1250n) });
  assert.equal(order?.total?.minorUnits, 1250n);
});

test('a cart that is empty, partly gone, free of charge or not the caller’s is refused', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const line = { sku: 'A', quantity: 1, unitPrice: usd(100n) };
  await assert.rejects(
    ada.placeOrder(orderOf(orders.fillCart(userId, { lines: [] }))),
    refuses('CART_EMPTY'),
  );
  await assert.rejects(
    ada.placeOrder(
      orderOf(orders.fillCart(userId, { lines: [line, { ...line, sku: 'B', unavailable: true }] })),
    ),
    refuses('ITEM_UNAVAILABLE'),
  );
  await assert.rejects(
    ada.placeOrder(orderOf(orders.fillCart(userId, { lines: [line], discount: usd(100n) }))),
    refuses('TOTAL_INVALID', status.INVALID_ARGUMENT),
  );
  await assert.rejects(
    ada.placeOrder(orderOf(orders.fillCart(uuidv7()))),
    refuses('NOT_FOUND', status.NOT_FOUND),
  );
  await assert.rejects(ada.placeOrder(orderOf(uuidv7())), refuses('NOT_FOUND', status.NOT_FOUND));
});

test('a till sells at its own prices, to a customer, and nobody else may', async () => {
  const tillId = uuidv7();
  const customerId = uuidv7();
  const line = { sku: 'MILK', title: 'Milk', categoryPath: ['GROCERY', 'DAIRY'], quantity: 3 };
  const basket = {
    requestId: randomUUID(),
    source: {
      case: 'quotedBasket' as const,
      value: { userId: customerId, lines: [{ ...line, unitPrice: usd(34n), discount: usd(1n) }] },
    },
    paymentMethodToken: 'pm_card_visa',
    fulfilment: { method: Fulfilment_Method.COUNTER },
  };
  const customer = await orders.as(customerId);
  await assert.rejects(customer.placeOrder(basket), refuses('QUOTE_NOT_ALLOWED', status.PERMISSION_DENIED));
  const till = await orders.as(tillId, 'till');
  const { order } = await till.placeOrder(basket);
  assert.equal(order?.total?.minorUnits, 101n);
  assert.equal(order.lines[0]?.amount?.minorUnits, 101n);
  assert.equal(order.userId, customerId);
  const { orderId } = order;
  const seen = [await till.getOrder({ orderId }), await customer.getOrder({ orderId })];
  assert.deepEqual(
    seen.map((each) => each.order?.orderId),
    [orderId, orderId],
  );
  for (const lines of [
    [{ ...line, unitPrice: usd(34n), discount: { currencyCode: 'EUR', minorUnits: 1n } }],
    [{ ...line, unitPrice: usd(34n), discount: usd(103n) }],
    [{ ...line, unitPrice: usd(2n ** 63n - 1n) }],
    [{ ...line, unitPrice: usd(-34n) }],
  ]) {
    const source = { case: 'quotedBasket' as const, value: { userId: customerId, lines } };
    await assert.rejects(
      till.placeOrder({ ...basket, requestId: randomUUID(), source }),
      refuses('TOTAL_INVALID', status.INVALID_ARGUMENT),
    );
  }
});

test('S-26 a user’s unsettled orders are capped, also when they are placed at once', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const placed = await Promise.allSettled(
    Array.from({ length: 8 }, () => ada.placeOrder(orderOf(orders.fillCart(userId)))),
  );
  const refused = placed.filter((each) => each.status === 'rejected');
  assert.equal(refused.length, 5);
  for (const { reason } of refused) {
    refuses('TOO_MANY_OPEN_ORDERS', status.RESOURCE_EXHAUSTED)(reason);
  }
});

test('a cart service that is away places nothing', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const request = orderOf(orders.fillCart(userId));
  await orders.stopCart();
  await assert.rejects(ada.placeOrder(request), refuses('UNAVAILABLE', status.UNAVAILABLE));
  assert.equal((await ada.listOrders({})).orders.length, 0);
});
