import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armFailpoints, FailpointError, failpoint } from './failpoint.ts';

test('a failpoint that is not armed is nothing to wait for', () => {
  assert.equal(failpoint('order.checkout', 'P1'), undefined);
});

test('a throw acts on every pass of its own point only', async () => {
  const disarm = armFailpoints('order.checkout:P2=throw');
  try {
    await failpoint('order.checkout', 'P1');
    await failpoint('payment.checkout', 'P2');
    await assert.rejects(async () => failpoint('order.checkout', 'P2'), FailpointError);
    await assert.rejects(async () => failpoint('order.checkout', 'P2'), FailpointError);
  } finally {
    disarm();
  }
  assert.equal(failpoint('order.checkout', 'P2'), undefined);
});

test('a count acts on that pass and no other', async () => {
  const disarm = armFailpoints('a:P1=throw@3, b:P6=sleep:30');
  try {
    const passes: string[] = [];
    for (let pass = 0; pass < 5; pass++) {
      passes.push(
        await Promise.resolve(failpoint('a', 'P1')).then(
          () => 'by',
          () => 'thrown',
        ),
      );
    }
    assert.deepEqual(passes, ['by', 'by', 'thrown', 'by', 'by']);
    const start = performance.now();
    await failpoint('b', 'P6');
    assert.ok(performance.now() - start >= 25);
  } finally {
    disarm();
  }
});

test('what is no failpoint is refused', () => {
  for (const text of ['order', 'order:P7=kill', 'order:P1=explode', 'order:P1=sleep', 'order:P1=kill@0']) {
    assert.throws(() => armFailpoints(text), TypeError, text);
  }
});
