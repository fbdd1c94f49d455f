import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { Attempt_Outcome } from '#gen/shopverse/payment/v1/payment_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { assertInvariants } from './testing/invariants.ts';
import { newOrder, orderConfirmed, paymentRequested, type TestOrder } from './testing/order-facts.ts';
import { openStage, type Stage } from './testing/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const support = { id: 'support-1', roles: ['support'] };
const money = (minorUnits: bigint, currencyCode = 'USD') => ({ currencyCode, minorUnits });

async function captured(of: Partial<TestOrder> = {}, card = 'pm_card_visa'): Promise<TestOrder> {
  const order = newOrder(of);
  await stage.tell(paymentRequested(order, card));
  await stage.reaches(order.paymentId, 'AUTHORISED');
  await stage.tell(orderConfirmed(order));
  await stage.reaches(order.paymentId, 'CAPTURED');
  return order;
}

/** Asserts that a call is refused with this code and reason. */
async function refusedAs(call: Promise<unknown>, code: status, reason: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof RpcError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason]);
    return true;
  });
}

test('S-24 I-22 of 50 parallel refunds as many succeed as the capture pays for', async () => {
  const { paymentId } = await captured({ amount: 1_000n });
  const client = await stage.client(support, 60_000);
  const refunds = Array.from({ length: 50 }, () =>
    client.refundPayment({ requestId: randomUUID(), paymentId, amount: money(70n), reason: 'broken' }),
  );
  const outcomes = await Promise.allSettled(refunds);
  const done = outcomes.filter(({ status: outcome }) => outcome === 'fulfilled');
  assert.equal(done.length, 14);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') {
      assert.equal((outcome.reason as RpcError).reason, 'REFUND_TOO_LARGE');
    }
  }
  const payment = await stage.payment(paymentId);
  assert.equal(payment.refunded, 980n);
  await client.refundPayment({ requestId: randomUUID(), paymentId, reason: 'the rest' });
  assert.equal((await stage.payment(paymentId)).state, 'REFUNDED');
  await assertInvariants(stage);
});

test('the same request is the same refund; another one under its id is refused', async () => {
  const { paymentId } = await captured();
  const client = await stage.client(support);
  const request = { requestId: randomUUID(), paymentId, amount: money(100n), reason: 'late' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => client.refundPayment(request)));
  answers.push(await client.refundPayment(request));
  for (const { payment } of answers) {
    assert.equal(payment?.refunded?.minorUnits, 100n);
  }
  await refusedAs(
    client.refundPayment({ ...request, amount: money(101n) }),
    status.ALREADY_EXISTS,
    'IDEMPOTENCY_KEY_REUSED',
  );
  assert.deepEqual(await stage.facts(paymentId), ['PaymentAuthorised', 'PaymentCaptured', 'PaymentRefunded']);
});

test('a refund of nothing, of too much, in another currency, of another state, of no payment', async () => {
  const { paymentId } = await captured();
  const client = await stage.client(support);
  const refund = (change: object) =>
    client.refundPayment({ requestId: randomUUID(), paymentId, reason: 'x', ...change });
  await refusedAs(refund({ amount: money(0n) }), status.INVALID_ARGUMENT, 'INVALID_REQUEST');
  await refusedAs(refund({ amount: money(-5n) }), status.INVALID_ARGUMENT, 'INVALID_REQUEST');
  await refusedAs(refund({ amount: money(2_501n) }), status.FAILED_PRECONDITION, 'REFUND_TOO_LARGE');
  await refusedAs(refund({ amount: money(1n, 'EUR') }), status.INVALID_ARGUMENT, 'CURRENCY_MISMATCH');
  await refusedAs(refund({ paymentId: newOrder().paymentId }), status.NOT_FOUND, 'PAYMENT_NOT_FOUND');
  const open = newOrder();
  await stage.tell(paymentRequested(open, 'pm_card_visa'));
  await refusedAs(refund({ paymentId: open.paymentId }), status.FAILED_PRECONDITION, 'PAYMENT_STATE');
  await stage.reaches(open.paymentId, 'AUTHORISED');
});

test('while the provider is away a refund is UNAVAILABLE, and the same call later finds it done, once', async () => {
  const { paymentId } = await captured();
  const request = { requestId: randomUUID(), paymentId, amount: money(300n), reason: 'spoilt' };
  await stage.simulator.down(60);
  const impatient = await stage.client(support, 1_500);
  await refusedAs(impatient.refundPayment(request), status.UNAVAILABLE, 'PROVIDER_UNAVAILABLE');
  await stage.simulator.up();
  const patient = await stage.client(support, 30_000);
  const { payment } = await patient.refundPayment(request);
  assert.equal(payment?.refunded?.minorUnits, 300n);
  await assertInvariants(stage);
});

test('S-13 S-15 a customer sees its own payments only, and refunds none', async () => {
  const order = await captured();
  const { paymentId, userId } = order;
  const own = await stage.client({ id: userId });
  const other = await stage.client({ id: 'somebody-else' });
  const staff = await stage.client(support);
  assert.equal((await own.getPayment({ paymentId })).payment?.orderId, order.orderId);
  assert.equal((await staff.getPayment({ paymentId })).payment?.orderId, order.orderId);
  await refusedAs(other.getPayment({ paymentId }), status.NOT_FOUND, 'PAYMENT_NOT_FOUND');
  assert.deepEqual((await other.listPayments({})).payments, []);
  assert.deepEqual((await other.listPayments({ userId })).payments, []);
  assert.deepEqual((await other.listPayments({ orderId: order.orderId })).payments, []);
  assert.equal((await own.listPayments({})).payments.length, 1);
  assert.equal((await staff.listPayments({ orderId: order.orderId })).payments.length, 1);
  const refund = own.refundPayment({ requestId: randomUUID(), paymentId, reason: 'mine' });
  await refusedAs(refund, status.PERMISSION_DENIED, 'PERMISSION_DENIED');
  await refusedAs(own.listLedgerEntries({ paymentId }), status.PERMISSION_DENIED, 'PERMISSION_DENIED');
});

test('lists have pages, newest first for payments and oldest first for entries', async () => {
  const staff = await stage.client(support);
  const userId = randomUUID();
  const orders = [await captured({ userId }), await captured({ userId }), await captured({ userId })];
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await staff.listPayments({ userId, pageSize: 2, pageToken });
    seen.push(...page.payments.map((payment) => payment.paymentId));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, orders.map((order) => order.paymentId).reverse());

  const paymentId = seen[0] ?? '';
  const first = await staff.listLedgerEntries({ paymentId, pageSize: 2 });
  const rest = await staff.listLedgerEntries({ paymentId, pageToken: first.nextPageToken });
  const entries = [...first.entries, ...rest.entries];
  assert.equal(entries.length, 6);
  assert.equal(rest.nextPageToken, '');
  assert.equal(
    entries.reduce((sum, entry) => sum + (entry.amount?.minorUnits ?? 0n), 0n),
    0n,
  );
  const foreign = staff.listLedgerEntries({ paymentId: seen[1] ?? '', pageToken: first.nextPageToken });
  await refusedAs(foreign, status.INVALID_ARGUMENT, 'PAGE_TOKEN_INVALID');
  const forged = staff.listPayments({ pageToken: "' or 1=1" });
  await refusedAs(forged, status.INVALID_ARGUMENT, 'PAGE_TOKEN_INVALID');
});

test('a refund that the customer’s bank sends back is owed: ledger, payment and a fact say so', async () => {
  const { paymentId } = await captured({ amount: 1_000n }, 'pm_card_refundFail');
  const client = await stage.client(support);
  const answer = await client.refundPayment({
    requestId: randomUUID(),
    paymentId,
    amount: money(400n),
    reason: 'late',
  });
  assert.equal(answer.payment?.refunded?.minorUnits, 400n);
  const owed = await waitFor('the refund to come back', async () => {
    const { payment } = await client.getPayment({ paymentId });
    return payment?.owed?.minorUnits === 400n ? payment : undefined;
  });
  assert.equal(owed.attempts.at(-1)?.outcome, Attempt_Outcome.RETURNED);
  assert.equal((await stage.facts(paymentId)).at(-1), 'PaymentRefundReturned');
  await assertInvariants(stage);
});
