import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { newOrder, paymentRequested, type TestOrder } from './testing/order-facts.ts';
import { openStage, type Stage, webhookSecret } from './testing/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

function event(order: TestOrder, type: string, intent: object, id = `evt_${randomUUID()}`): string {
  const metadata = { payment_id: order.paymentId, order_id: order.orderId };
  const object = {
    id: `pi_${order.orderId}`,
    object: 'payment_intent',
    amount: 2_500,
    currency: 'usd',
    metadata,
    ...intent,
  };
  return JSON.stringify({ id, object: 'event', type, data: { object } });
}

function sign(body: string, secret = webhookSecret, ageSeconds = 0): string {
  const time = Math.floor(Date.now() / 1000) - ageSeconds;
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}

async function send(body: string, signature: string | undefined): Promise<number> {
  const headers = signature === undefined ? {} : { 'stripe-signature': signature };
  const response = await fetch(stage.webhookUrl, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** A payment whose call is lost, so that only a webhook can tell. */
async function unanswered(): Promise<TestOrder> {
  const order = newOrder();
  await stage.tell(paymentRequested(order, 'pm_card_timeout_lost'));
  return order;
}

const held = { status: 'requires_capture', amount_capturable: 2_500 };
const authorised = 'payment_intent.amount_capturable_updated';

test('S-27 a webhook that the provider did not send, not so, or not lately, is refused', async () => {
  const order = await unanswered();
  const body = event(order, authorised, held);
  assert.equal(await send(body, undefined), 400);
  assert.equal(await send(body, 'nonsense'), 400);
  assert.equal(await send(body, sign(body, 'whsec_of_somebody_else')), 400);
  assert.equal(await send(body, sign(body, webhookSecret, 600)), 400);
  assert.equal(await send(body.replace('2500', '2501'), sign(body)), 400);
  assert.notEqual((await stage.payment(order.paymentId)).state, 'AUTHORISED');
});

test('S-27 the same event ten times has its effect once', async () => {
  const order = await unanswered();
  const body = event(order, authorised, held);
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(body, sign(body))));
  assert.deepEqual(new Set(answers), new Set([200]));
  const payment = await stage.reaches(order.paymentId, 'AUTHORISED');
  assert.equal(payment.reference, `pi_${order.orderId}`);
  const facts = (await stage.facts(order.paymentId)).filter((fact) => fact !== 'PaymentOutcomeUnknown');
  assert.deepEqual(facts, ['PaymentAuthorised']);
});

test('I-25 events in the wrong order, and late ones, come to the same', async () => {
  const order = await unanswered();
  const states = [
    ['payment_intent.succeeded', { status: 'succeeded', amount_received: 2_500 }],
    [authorised, held],
    ['payment_intent.canceled', { status: 'canceled', cancellation_reason: null }],
    [
      'payment_intent.payment_failed',
      { status: 'requires_payment_method', last_payment_error: { code: 'x' } },
    ],
  ] as const;
  for (const [type, intent] of states) {
    const body = event(order, type, intent);
    assert.equal(await send(body, sign(body)), 200);
  }
  assert.equal((await stage.payment(order.paymentId)).state, 'CAPTURED');
});

test('what is of no concern is taken without effect: other kinds, other payments, amounts that cannot be', async () => {
  const order = await unanswered();
  for (const body of [
    event(order, 'charge.dispute.created', {}),
    event(order, 'payment_intent.created', { status: 'requires_payment_method' }),
    event(newOrder(), authorised, held),
    event(order, authorised, { ...held, amount_capturable: 1 }),
    event(order, authorised, { ...held, metadata: { payment_id: "' or 1=1 --" } }),
    event(order, authorised, { ...held, metadata: {} }),
  ]) {
    assert.equal(await send(body, sign(body)), 200);
  }
  assert.notEqual((await stage.payment(order.paymentId)).state, 'AUTHORISED');
});
