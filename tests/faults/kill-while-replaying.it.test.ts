import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shopverse } from './shopverse.ts';

const ORDERS = 300;
const RATE = 10;

/** Who is killed with SIGKILL while the baskets come, one after the other. */
const VICTIMS = ['order', 'inventory', 'payment', 'kafka', 'flink-taskmanager'];

test('the catalogue and the stock are there, and a first basket is paid', { timeout: 590_000 }, async () => {
  const { code, stdout, stderr } = await shopverse('replay', '--orders', '1', '--json');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
});

test('F-01 F-05 F-23 every order is settled and every invariant holds after kill -9 of services, broker and stream worker', {
  timeout: 590_000,
}, async (t) => {
  const replay = shopverse(
    'replay',
    '--orders',
    String(ORDERS),
    '--rate',
    String(RATE),
    '--at-once',
    '200',
    '--json',
  );
  await sleep(5_000);
  for (const victim of VICTIMS) {
    const killed = await shopverse('kill', victim);
    assert.equal(killed.code, 0, killed.stderr);
    await sleep(((ORDERS / RATE) * 1000) / (VICTIMS.length + 1));
  }
  const { stdout, stderr } = await replay;
  const line = stdout.trim().split('\n').at(-1) ?? '';
  assert.ok(line.startsWith('{'), `the replay ended without a result:\n${stderr}`);
  const result = JSON.parse(line);
  t.diagnostic(
    `${result.paid} paid, ${result.undone} undone, ${result.failed} unknown in ${result.seconds.toFixed(0)} s`,
  );
  assert.equal(result.placed, ORDERS, 'every basket became an order');
  assert.equal(result.failed, 0, 'every order was settled');
  assert.equal(result.paid + result.undone, ORDERS);
  assert.ok(result.paid > ORDERS / 2, 'most orders were paid: the faults are short');
  assert.equal(result.reconciled, true, 'ClickHouse agrees with the input to the cent');

  const check = await shopverse('check', '--json');
  assert.equal(check.code, 0, `an invariant is violated:\n${check.stdout}\n${check.stderr}`);
});
