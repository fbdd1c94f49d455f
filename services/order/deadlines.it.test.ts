import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { EndReason, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { deadlineWorker } from './deadlines.ts';
import { deliveryOf, type Orders, startOrders } from './testing/orders.ts';

const log = pino({ level: 'silent' });
let orders: Orders;
/** How far the workers' clock is ahead. */
let ahead = 0;
const stopping = new AbortController();
let working: Promise<unknown>;

before(async () => {
  orders = await startOrders();
  const surroundings = { ...orders.ports.surroundings, now: () => new Date(Date.now() + ahead) };
  const ports = { ...orders.ports, surroundings };
  // Two replicas, of which one works.
  const workers = [1, 2].map(() => deadlineWorker(orders.database, ports, log));
  working = Promise.all(workers.map((worker) => worker.run(stopping.signal)));
});
after(async () => {
  stopping.abort();
  await working;
  await orders.stop();
});

test('a wait that is over becomes a message, once, and the order is undone', async () => {
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const { order } = await ada.placeOrder(deliveryOf(orders.fillCart(userId)));
  const orderId = order?.orderId ?? '';
  const stateOf = async () => (await ada.getOrder({ orderId })).order;

  ahead = 14_000;
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal((await stateOf())?.state, Order_State.PLACED);

  ahead = 16_000;
  const undoing = await waitFor('the order to be undone', async () => {
    const now = await stateOf();
    return now?.state === Order_State.CANCELLING && now;
  });
  assert.equal(undoing.endReason, EndReason.RESERVATION_TIMEOUT);
  assert.deepEqual(await orders.facts(orderId), ['1 OrderPlaced', '2 OrderCancellationStarted']);

  // What isn't undone in time is waited for anew, not given up.
  const before = undoing.pendingSteps[0]?.deadline?.seconds;
  ahead = 80_000;
  const again = await waitFor('the alarm', async () => {
    const now = await stateOf();
    return now?.etag !== undoing.etag && now;
  });
  assert.equal(again?.state, Order_State.CANCELLING);
  assert.ok((again.pendingSteps[0]?.deadline?.seconds ?? 0n) > (before ?? 0n));

  await orders.tell(orderId, { type: 'StockReleased' });
  assert.equal((await stateOf())?.state, Order_State.CANCELLED);
  assert.deepEqual((await stateOf())?.pendingSteps, []);
});

test('an order that can’t be worked on holds up no other', async () => {
  ahead = 0;
  const userId = uuidv7();
  const ada = await orders.as(userId);
  const [broken, good] = await Promise.all(
    [1, 2].map(async () => (await ada.placeOrder(deliveryOf(orders.fillCart(userId)))).order?.orderId ?? ''),
  );
  await orders.database.admin(
    `update orders set state = 'PAID', deadline_time = now() - interval '1 hour' where order_id = $1`,
    [broken],
  );
  ahead = 16_000;
  await waitFor('the other order to be undone', async () => {
    const { order } = await ada.getOrder({ orderId: good ?? '' });
    return order?.state === Order_State.CANCELLING;
  });
  assert.deepEqual(await orders.facts(broken ?? ''), ['1 OrderPlaced']);
});
