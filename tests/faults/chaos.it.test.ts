import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shopverse } from './shopverse.ts';

/** A dozen of `./shopverse prove chaos`; the command plays 300. Another seed a change finds other things. */
const ROUNDS = 12;
const SEED = process.env.CHAOS_SEED ?? '7';
/** A slow machine plays as many as it can. */
const MINUTES = '4';

type Result = {
  readonly rounds: readonly { readonly fault: string; readonly orders: number; readonly paid: number }[];
  readonly violations: readonly string[];
};

test('F-01 to F-33 a dozen faults while orders come: everything is settled and every invariant holds', {
  timeout: 590_000,
}, async (t) => {
  const words = ['--rounds', String(ROUNDS), '--seed', SEED, '--rate', '2', '--lead', '2'];
  const { code, stdout, stderr } = await shopverse(
    'prove',
    'chaos',
    ...words,
    '--check-every',
    '4',
    '--minutes',
    MINUTES,
    '--json',
  );
  assert.ok(stdout.startsWith('{'), `${stdout}\n${stderr}`);
  const { rounds, violations }: Result = JSON.parse(stdout);
  for (const { fault, orders, paid } of rounds) t.diagnostic(`${fault}: ${paid} of ${orders} orders paid`);
  assert.deepEqual(violations, [], stderr);
  assert.equal(code, 0, stderr);
  assert.ok(rounds.length > 0);
});
