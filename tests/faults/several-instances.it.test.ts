import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shopverse } from './shopverse.ts';

type Result = {
  readonly rounds: readonly { readonly orders: number; readonly paid: number }[];
  readonly violations: readonly string[];
};

test('F-29 two instances of order, inventory and payment, one of each killed under load: every invariant holds', {
  timeout: 590_000,
}, async (t) => {
  const { code, stdout, stderr } = await shopverse(
    ...['prove', 'chaos', '--fault', 'one of two instances is killed'],
    ...['--rounds', '1', '--seed', '29', '--rate', '2', '--lead', '2', '--json'],
  );
  assert.ok(stdout.startsWith('{'), `${stdout}\n${stderr}`);
  const { rounds, violations }: Result = JSON.parse(stdout);
  assert.deepEqual(violations, [], stderr);
  assert.equal(code, 0, stderr);
  const [round] = rounds;
  assert.ok(round !== undefined && round.orders > 0 && round.paid > 0, stdout);
  t.diagnostic(`${round.paid} of ${round.orders} orders paid`);
});
