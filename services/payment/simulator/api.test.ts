import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SimulatorConfig } from './config.ts';
import type { Listening } from './server.ts';
import { startSimulator } from './simulator.ts';

let config: SimulatorConfig;
let simulator: Listening;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  const journal = join(folder, 'not', 'there', 'yet', 'journal.jsonl');
  config = { port: 0, journal, webhookUrl: undefined, webhookSecret: 'whsec_0123456789', lateMs: 0 };
  simulator = await startSimulator(config, () => {});
});
after(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

async function call(
  method: string,
  path: string,
  key?: string,
  form: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${simulator.port}${path}`, {
    method,
    headers: { authorization: 'Bearer sk_test_x', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    ...(method === 'POST' ? { body: new URLSearchParams(form) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const sale = {
  amount: '700',
  currency: 'usd',
  confirm: 'true',
  payment_method: 'pm_card_visa',
  'metadata[payment_id]': 'p1',
};

function errorType(answer: Answer): unknown {
  return (answer.body.error as { type: string; code?: string }).type;
}

test('a key replays its first answer, refuses another request, and both outlive a restart', async () => {
  const first = await call('POST', '/v1/payment_intents', 'k1', sale);
  assert.equal(first.body.status, 'requires_capture');
  for (const restart of [false, true]) {
    if (restart) {
      await simulator.close();
      simulator = await startSimulator(config, () => {});
    }
    assert.deepEqual(await call('POST', '/v1/payment_intents', 'k1', sale), first);
    const other = await call('POST', '/v1/payment_intents', 'k1', { ...sale, amount: '701' });
    assert.deepEqual([other.status, errorType(other)], [400, 'idempotency_error']);
  }
  const found = await call(
    'GET',
    `/v1/payment_intents/search?query=${encodeURIComponent("metadata['payment_id']:'p1'")}`,
  );
  assert.deepEqual(found.body.data, [first.body]);
});

test('a decline is replayed too; what is invalid leaves its key unused', async () => {
  const declined = await call('POST', '/v1/payment_intents', 'k2', {
    ...sale,
    payment_method: 'pm_card_declined',
  });
  assert.deepEqual([declined.status, errorType(declined)], [402, 'card_error']);
  assert.deepEqual(
    await call('POST', '/v1/payment_intents', 'k2', { ...sale, payment_method: 'pm_card_declined' }),
    declined,
  );
  for (const wrong of [
    { amount: '-1' },
    { amount: '1.5' },
    { currency: 'dollars' },
    { payment_method: 'pm_none' },
  ]) {
    const answer = await call('POST', '/v1/payment_intents', 'k3', { ...sale, ...wrong });
    assert.equal(errorType(answer), 'invalid_request_error', JSON.stringify(wrong));
  }
  assert.equal((await call('POST', '/v1/payment_intents', 'k3', sale)).status, 200);
});

test('money comes and goes once: no capture beyond the hold, no refund beyond the capture, no void of either', async () => {
  const { body } = await call('POST', '/v1/payment_intents', 'k4', sale);
  const intent = `/v1/payment_intents/${body.id}`;
  const refund = (key: string, amount: string) =>
    call('POST', '/v1/refunds', key, { payment_intent: String(body.id), amount });
  assert.equal((await refund('r0', '1')).status, 400);
  assert.equal((await call('POST', `${intent}/capture`, 'c0', { amount_to_capture: '701' })).status, 400);
  assert.equal(
    (await call('POST', `${intent}/capture`, 'c1', { amount_to_capture: '600' })).body.amount_received,
    600,
  );
  assert.equal((await call('POST', `${intent}/capture`, 'c2')).status, 400);
  assert.equal((await call('POST', `${intent}/cancel`, 'v1')).status, 400);
  const statuses = (await Promise.all(['a', 'b', 'c'].map((key) => refund(key, '250')))).map(
    ({ status }) => status,
  );
  assert.deepEqual(statuses.sort(), [200, 200, 400]);
  const journal = await (await fetch(`http://127.0.0.1:${simulator.port}/journal`)).text();
  const lines = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; operation: string });
  assert.deepEqual(
    lines.filter(({ key }) => ['k4', 'c1', 'a', 'b', 'c'].includes(key)).map(({ operation }) => operation),
    ['authorise', 'capture', 'refund', 'refund'],
  );
});

test('no key, no method, no object, no admittance', async () => {
  assert.equal((await call('GET', '/v1/payment_intents/pi_0')).status, 404);
  assert.equal((await call('POST', '/v1/charges', 'k9', sale)).status, 404);
  const anonymous = await fetch(`http://127.0.0.1:${simulator.port}/v1/payment_intents`, { method: 'POST' });
  assert.equal(anonymous.status, 401);
});
