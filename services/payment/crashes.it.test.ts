import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { paymentStore } from './adapters/postgres.ts';
import { assertInvariants } from './testing/invariants.ts';
import { cancellationStarted, newOrder, orderConfirmed, paymentRequested } from './testing/order-facts.ts';
import { openStage, type Stage, webhookSecret } from './testing/stage.ts';

const main = resolve(import.meta.dirname, 'main.ts');
const children = new Set<ChildProcess>();
let stage: Stage;
before(async () => {
  stage = await openStage({ serve: false });
});
after(async () => {
  await Promise.all([...children].map(stop));
  await stage.close();
});

/** The service as a process of its own, as the supervisor starts it. */
async function startService(failpoints: string): Promise<ChildProcess> {
  const runtime = await stage.mesh.runtime('payment', {
    DATABASE_URL: stage.database.url,
    SHOPVERSE_INSTANCE: 'payment-killed',
  });
  const settings = Object.entries(runtime.kernel.config).map(([key, value]) => [key, String(value)]);
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(settings),
      PAYMENT_PROVIDER_URL: stage.simulator.url.href,
      PAYMENT_WEBHOOK_SECRET: webhookSecret,
      PAYMENT_PROVIDER_TIMEOUT_MS: '2000',
      SHOPVERSE_FAILPOINTS: failpoints,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Lets the service run into a failpoint that kills it, and then run without. */
async function diesAt(failpoint: string): Promise<ChildProcess> {
  const dying = await startService(`${failpoint}=kill@1`);
  const [code, signal] = await once(dying, 'exit', { signal: AbortSignal.timeout(60_000) });
  assert.deepEqual([code, signal], [null, 'SIGKILL'], `it ran into ${failpoint}`);
  return startService('');
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

for (const point of ['P1', 'P4', 'P5']) {
  test(`F-01 killed at ${point} of each step, each step happens once`, async () => {
    const [sold, undone] = [newOrder(), newOrder()];
    await stage.tell(paymentRequested(sold, 'pm_card_visa'), paymentRequested(undone, 'pm_card_visa'));
    let service = await diesAt(`payment.authorise:${point}`);
    await stage.reaches(sold.paymentId, 'AUTHORISED', 60_000);
    await stage.reaches(undone.paymentId, 'AUTHORISED', 60_000);
    await stop(service);

    await stage.tell(orderConfirmed(sold), cancellationStarted(undone));
    service = await diesAt(`payment.capture:${point}`);
    await stage.reaches(sold.paymentId, 'CAPTURED', 60_000);
    await stage.reaches(undone.paymentId, 'VOIDED', 60_000);
    await stop(service);

    await stage.tell(cancellationStarted(sold));
    service = await diesAt(`payment.refund:${point}`);
    await stage.reaches(sold.paymentId, 'REFUNDED', 60_000);
    await stop(service);
    assert.deepEqual(await stage.facts(undone.paymentId), ['PaymentAuthorised', 'PaymentVoided']);
    assert.deepEqual(await stage.facts(sold.paymentId), [
      'PaymentAuthorised',
      'PaymentCaptured',
      'PaymentRefunded',
    ]);
    await assertInvariants(stage);
  });
}

test('F-04 a worker that was away while its claim ran out records nothing', async () => {
  const order = newOrder();
  await stage.tell(paymentRequested(order, 'pm_card_visa'));
  const { database } = stage;
  const store = paymentStore({ database, provider: 'simulator', instance: 'slow', claimMs: 1 });
  const [first] = await store.claim('unsent', 10);
  await sleep(10);
  const [second] = await store.claim('sent', 10);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([first.key, first.sent, second.sent], [second.key, false, true]);
  const answer = { kind: 'heard', message: { kind: 'declined', code: 'stale' } } as const;
  assert.deepEqual(await store.record(first, answer), { kind: 'overtaken' });
  assert.equal((await stage.payment(order.paymentId)).state, 'PENDING');
  const unclear = { kind: 'unclear', code: 'x' } as const;
  assert.deepEqual(await store.record(second, unclear), { kind: 'recorded', opened: 0 });
  assert.equal((await stage.payment(order.paymentId)).state, 'UNKNOWN');
  const service = await startService('');
  await stage.reaches(order.paymentId, 'AUTHORISED', 30_000);
  await stop(service);
});

test('I-21 the ledger takes no update or delete, and nothing that does not balance', async () => {
  const { db } = stage.database;
  const { rows } = await sql<{ updates: boolean; deletes: boolean; truncates: boolean }>`
    select has_table_privilege('ledger_entry', 'update') as updates,
      has_table_privilege('ledger_entry', 'delete') as deletes,
      has_table_privilege('ledger_entry', 'truncate') as truncates`.execute(db);
  assert.deepEqual(rows, [{ updates: false, deletes: false, truncates: false }]);
  await assert.rejects(sql`update ledger_entry set amount = 1`.execute(db), /permission denied/);
  await assert.rejects(sql`delete from ledger_entry`.execute(db), /permission denied/);
  await assert.rejects(stage.database.admin('update ledger_entry set amount = 1'), /append-only/);
  await assert.rejects(stage.database.admin('truncate ledger_entry'), /append-only/);
  await assert.rejects(
    sql`insert into ledger_entry (transaction_id, payment_id, account, currency, amount)
      select gen_random_uuid(), payment_id, 'REVENUE', 'USD', 1 from payment limit 1`.execute(db),
    /does not balance/,
  );
  await assert.rejects(sql`update payment set refunded = captured + 1`.execute(db), /payment_buckets/);
});

test('I-23 the simulator answers after kill -9 as it did before', async () => {
  const order = newOrder();
  await stage.tell(paymentRequested(order, 'pm_card_visa'));
  const service = await startService('');
  await stage.reaches(order.paymentId, 'AUTHORISED', 30_000);
  const before = await stage.simulator.journal();
  await stage.simulator.crash();
  assert.deepEqual(await stage.simulator.journal(), before);
  await stage.tell(orderConfirmed(order));
  await stage.reaches(order.paymentId, 'CAPTURED', 30_000);
  await stop(service);
  await assertInvariants(stage);
});
