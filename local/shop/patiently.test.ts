import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { isPassing, isRefusal } from './patiently.ts';

test('a call whose connection was killed may be repeated, and nobody knows whether it had an effect', () => {
  // As seen when Envoy was killed under load: prove chaos --seed 1 --round 8.
  const killed = new ConnectError('http/2 stream closed with error code CANCEL (0x8)', Code.Canceled);
  assert.ok(isPassing(killed));
  assert.ok(!isRefusal(killed));
  assert.ok(!isPassing(new ConnectError('This operation was aborted', Code.Canceled)));
});

test('a refusal is no matter of time', () => {
  const refused = new ConnectError('no', Code.FailedPrecondition);
  assert.ok(isRefusal(refused) && !isPassing(refused));
  const lost = new ConnectError('gone', Code.Unauthenticated);
  assert.ok(!isRefusal(lost) && !isPassing(lost));
});
