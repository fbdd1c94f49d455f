import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { AmbiguousCommit } from '#platform/db/ambiguous-commit.ts';
import { toRefusal } from './funnel.ts';
import { deadlineExceeded, notFound } from './refusal.ts';
import { RpcError } from './rpc-error.ts';

function call(signal = new AbortController().signal) {
  const lines: { level: string; err?: { message: string } }[] = [];
  const log = pino(
    { level: 'info', formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  return { log, correlationId: 'c-1', signal, lines };
}

const coded = (code: string) => Object.assign(new Error('at 10.0.0.7:5432'), { code });
const fromPeer = (code: status) =>
  new RpcError({ code, reason: 'SECRET_REASON', domain: 'd', message: 'internals of a peer', peer: 'cart' });

test('a refusal of our own passes as it is', () => {
  const own = notFound('No such order.');
  assert.equal(toRefusal(own, call()), own);
});

for (const error of [
  coded('ECONNREFUSED'),
  coded('ECONNRESET'),
  coded('57P01'),
  coded('53300'),
  coded('08006'),
  new Error('Connection terminated unexpectedly'),
  new Error('timeout exceeded when trying to connect'),
  new AmbiguousCommit(coded('ECONNRESET')),
  new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
]) {
  test(`an outage is UNAVAILABLE, logged and hidden: ${error.name} ${'code' in error ? error.code : error.message}`, () => {
    const context = call();
    const refused = toRefusal(error, context);
    assert.equal(refused.code, status.UNAVAILABLE);
    assert.equal(refused.details.retryAfterMs, 1000);
    assert.doesNotMatch(refused.message, /10\.0\.0\.7|terminated|timeout/);
    assert.equal(context.lines[0]?.level, 'warn');
  });
}

for (const code of ['22021', '22P05']) {
  test(`text that no database can hold is the caller’s fault: ${code}`, () => {
    const refused = toRefusal(coded(code), call());
    assert.equal(refused.code, status.INVALID_ARGUMENT);
    assert.equal(refused.reason, 'INVALID_REQUEST');
  });
}

for (const error of [
  coded('23505'),
  coded('42P01'),
  new TypeError('x is undefined'),
  'a thrown text',
  undefined,
]) {
  test(`anything else is INTERNAL, logged and hidden: ${String(error)}`, () => {
    const context = call();
    const refused = toRefusal(error, context);
    assert.equal(refused.code, status.INTERNAL);
    assert.match(refused.message, /c-1/);
    assert.doesNotMatch(refused.message, /undefined|thrown|10\.0\.0\.7/);
    assert.equal(context.lines[0]?.level, 'error');
  });
}

test('what a peer refused is told as far as it concerns our caller', () => {
  const told = new Map<status, status>([
    [status.UNAVAILABLE, status.UNAVAILABLE],
    [status.CANCELLED, status.UNAVAILABLE],
    [status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED],
    [status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED],
    [status.NOT_FOUND, status.INTERNAL],
    [status.PERMISSION_DENIED, status.INTERNAL],
    [status.INVALID_ARGUMENT, status.INTERNAL],
  ]);
  for (const [peers, ours] of told) {
    const refused = toRefusal(fromPeer(peers), call());
    assert.equal(refused.code, ours, status[peers]);
    assert.doesNotMatch(`${refused.message} ${refused.reason}`, /internals|SECRET/);
  }
});

test('what fails because the call is over is refused for its end', () => {
  const aborter = new AbortController();
  aborter.abort(deadlineExceeded());
  assert.equal(toRefusal(fromPeer(status.CANCELLED), call(aborter.signal)).code, status.DEADLINE_EXCEEDED);
  assert.equal(toRefusal(coded('57014'), call(aborter.signal)).code, status.DEADLINE_EXCEEDED);
});
