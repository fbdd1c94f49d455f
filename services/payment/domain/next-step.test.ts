import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, keyLifetimeMs, nextStep, type Standing } from './next-step.ts';

const base: Standing = {
  operation: 'AUTHORISE',
  sent: false,
  looked: false,
  keyUsed: false,
  cancelling: false,
  deadline: 10_000,
  created: 0,
};

const cases: readonly [string, Partial<Standing>, number, string][] = [
  ['a first call is made', {}, 1, 'perform'],
  ['a first call that came too late is not made', {}, 10_000, 'no-hold'],
  ['a first call of a cancelled order is not made', { cancelling: true }, 1, 'no-hold'],
  ['after a lost call the provider is asked first', { sent: true }, 1, 'find'],
  ['what it does not know is repeated under the same key', { sent: true, looked: true }, 1, 'perform'],
  ['unless nobody waits any more', { sent: true, looked: true }, 10_000, 'forestall'],
  ['or the order is cancelled', { sent: true, looked: true, cancelling: true }, 1, 'forestall'],
  [
    'a used key replays its answer',
    { sent: true, looked: true, cancelling: true, keyUsed: true },
    1,
    'perform',
  ],
  [
    'a key that the provider may have forgotten is not used again',
    { sent: true, looked: true },
    keyLifetimeMs + 1,
    'no-hold',
  ],
  ['a void is made whatever the deadline', { operation: 'VOID', cancelling: true }, 99_999, 'perform'],
  [
    'a lost refund that the provider does not know is repeated',
    { operation: 'REFUND', sent: true, looked: true },
    99_999,
    'perform',
  ],
];

for (const [name, standing, now, step] of cases) {
  test(name, () => assert.equal(nextStep({ ...base, ...standing }, now), step));
}

test('waits double up to 15 s', () => {
  assert.deepEqual([1, 2, 3, 7, 50].map(backoffMs), [250, 500, 1000, 15_000, 15_000]);
});
