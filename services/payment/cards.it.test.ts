import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '#platform/testing/wait-for.ts';
import { assertInvariants } from './testing/invariants.ts';
import { cancellationStarted, newOrder, orderConfirmed, paymentRequested } from './testing/order-facts.ts';
import { openStage, type Stage } from './testing/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Asks for a payment with this card and, once it is authorised, for its capture. Resolves to the facts. */
async function sale(card: string): Promise<readonly string[]> {
  const order = newOrder();
  await stage.tell(paymentRequested(order, card));
  await stage.reaches(order.paymentId, 'AUTHORISED');
  await stage.tell(orderConfirmed(order));
  await stage.reaches(order.paymentId, 'CAPTURED');
  return stage.facts(order.paymentId);
}

test('pm_card_visa: authorised and captured', async () => {
  assert.deepEqual(await sale('pm_card_visa'), ['PaymentAuthorised', 'PaymentCaptured']);
});

for (const [card, code] of [
  ['pm_card_declined', 'generic_decline'],
  ['pm_card_insufficient_funds', 'insufficient_funds'],
  ['pm_card_that_is_none', 'resource_missing'],
] as const) {
  test(`${card}: declined in the provider's word`, async () => {
    const order = newOrder();
    await stage.tell(paymentRequested(order, card));
    const payment = await stage.reaches(order.paymentId, 'DECLINED');
    assert.equal(payment.declineCode, code);
    await stage.tell(cancellationStarted(order));
    assert.deepEqual(await stage.facts(order.paymentId), ['PaymentDeclined', 'PaymentVoided']);
  });
}

for (const card of ['pm_card_timeout_charged', 'pm_card_500_then_ok']) {
  test(`F-27 ${card}: unknown, then found out, one charge`, async () => {
    assert.deepEqual(await sale(card), ['PaymentOutcomeUnknown', 'PaymentAuthorised', 'PaymentCaptured']);
  });
}

test('F-27 pm_card_slow: the webhook comes before the answer, and settles it', async () => {
  assert.deepEqual(await sale('pm_card_slow'), ['PaymentAuthorised', 'PaymentCaptured']);
});

test('F-27 pm_card_timeout_lost: forestalled at the deadline, and nothing was ever held', async () => {
  const order = newOrder();
  await stage.tell(paymentRequested(order, 'pm_card_timeout_lost', 1_500));
  const payment = await stage.reaches(order.paymentId, 'DECLINED');
  assert.match(payment.declineCode, /no_answer_in_time|forestalled/);
  assert.deepEqual(await stage.facts(order.paymentId), ['PaymentOutcomeUnknown', 'PaymentDeclined']);
});

test('pm_card_capture_fails: said so, and the hold is given up', async () => {
  const order = newOrder();
  await stage.tell(paymentRequested(order, 'pm_card_capture_fails'));
  await stage.reaches(order.paymentId, 'AUTHORISED');
  await stage.tell(orderConfirmed(order));
  const failed = async () => (await stage.facts(order.paymentId)).includes('PaymentCaptureFailed');
  await waitFor('the capture to fail', failed);
  await stage.tell(cancellationStarted(order));
  await stage.reaches(order.paymentId, 'VOIDED');
  assert.deepEqual(await stage.facts(order.paymentId), [
    'PaymentAuthorised',
    'PaymentCaptureFailed',
    'PaymentVoided',
  ]);
});

for (const card of [
  'pm_card_duplicate_webhook',
  'pm_card_late_webhook',
  'pm_card_webhook_first',
  'pm_card_reordered_webhooks',
]) {
  test(`F-27 ${card}: each fact once`, async () => {
    assert.deepEqual(await sale(card), ['PaymentAuthorised', 'PaymentCaptured']);
  });
}

test('a cancellation gives back whatever there is: nothing, a hold, a capture', async () => {
  const [early, held, taken] = [newOrder(), newOrder(), newOrder()];
  await stage.tell(paymentRequested(early, 'pm_card_slow'), paymentRequested(held, 'pm_card_visa'));
  await stage.tell(paymentRequested(taken, 'pm_card_visa'), cancellationStarted(early));
  await stage.reaches(held.paymentId, 'AUTHORISED');
  await stage.reaches(taken.paymentId, 'AUTHORISED');
  await stage.tell(cancellationStarted(held), orderConfirmed(taken));
  await stage.reaches(taken.paymentId, 'CAPTURED');
  await stage.tell(cancellationStarted(taken));
  await stage.reaches(early.paymentId, 'VOIDED');
  await stage.reaches(held.paymentId, 'VOIDED');
  const refunded = await stage.reaches(taken.paymentId, 'REFUNDED');
  assert.equal(refunded.refunded, refunded.captured);
});

test('an order of nothing needs no provider', async () => {
  const order = newOrder({ amount: 0n });
  await stage.tell(paymentRequested(order, ''), orderConfirmed(order), cancellationStarted(order));
  assert.deepEqual(await stage.facts(order.paymentId), [
    'PaymentAuthorised',
    'PaymentCaptured',
    'PaymentRefunded',
  ]);
});

test('in the end the books agree: I-20 I-22 I-23 I-24 I-30', async () => {
  // Late webhooks come after five seconds; they change nothing any more.
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  await assertInvariants(stage);
});
