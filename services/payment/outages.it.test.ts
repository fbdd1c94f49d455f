import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertInvariants } from './testing/invariants.ts';
import { cancellationStarted, newOrder, orderConfirmed, paymentRequested } from './testing/order-facts.ts';
import { openStage, type Stage } from './testing/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
  await stage.replica();
});
after(() => stage.close());

test('F-28 while the provider is down orders wait or are undone, and none is charged after its cancellation', async () => {
  const [waiting, cancelled, late] = [newOrder(), newOrder(), newOrder()];
  await stage.simulator.down(120);
  await stage.tell(
    paymentRequested(waiting, 'pm_card_visa'),
    paymentRequested(cancelled, 'pm_card_visa'),
    paymentRequested(late, 'pm_card_visa', 1_000),
  );
  await stage.reaches(cancelled.paymentId, 'UNKNOWN');
  await stage.tell(cancellationStarted(cancelled));
  await sleep(1_500);
  await stage.simulator.up();
  await stage.reaches(waiting.paymentId, 'AUTHORISED', 40_000);
  await stage.reaches(cancelled.paymentId, 'VOIDED', 40_000);
  await stage.reaches(late.paymentId, 'DECLINED', 40_000);
  const held = (await stage.simulator.journal()).filter(({ operation }) => operation === 'authorise');
  assert.deepEqual(
    held.map((entry) => entry.payment_id),
    [waiting.paymentId],
  );
  assert.deepEqual(await stage.facts(cancelled.paymentId), ['PaymentOutcomeUnknown', 'PaymentVoided']);
  await assertInvariants(stage);
});

test('two replicas take hundreds of payments through, each once, in spite of an outage', async () => {
  const orders = Array.from({ length: 200 }, () => newOrder());
  for (let first = 0; first < orders.length; first += 50) {
    const batch = orders.slice(first, first + 50);
    await stage.tell(...batch.map((order) => paymentRequested(order, 'pm_card_visa')));
  }
  await stage.simulator.down(1);
  for (const order of orders) {
    await stage.reaches(order.paymentId, 'AUTHORISED', 60_000);
  }
  const [sold, undone] = [orders.slice(0, 100), orders.slice(100)];
  await stage.tell(...sold.map(orderConfirmed), ...undone.map(cancellationStarted));
  await stage.simulator.down(1);
  for (const order of sold) {
    await stage.reaches(order.paymentId, 'CAPTURED', 60_000);
  }
  for (const order of undone) {
    await stage.reaches(order.paymentId, 'VOIDED', 60_000);
  }
  await assertInvariants(stage);
});
