import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietKafkajs } from './kafkajs-quiet.ts';

function newQueue() {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  const logger = { debug() {}, warn() {}, error() {} };
  const emitter = { emit() {} };
  return new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 30_000,
    clientId: 'test',
    broker: 'test',
    logger,
    instrumentationEmitter: emitter,
    isConnected: () => true,
  });
}

test('an idle queue sets no timer, a pending request is still looked for', async () => {
  quietKafkajs();
  const queue = newQueue();
  let looks = 0;
  const look = queue.checkPendingRequests.bind(queue);
  queue.checkPendingRequests = () => {
    looks += 1;
    look();
  };
  queue.checkPendingRequests();
  await sleep(50);
  assert.equal(looks, 1, 'an idle queue is not looked at again');

  queue.inflight.set(1, {});
  queue.pending.push({});
  queue.checkPendingRequests();
  await sleep(50);
  queue.destroy();
  assert.ok(looks > 2, 'a pending request is looked for until it is sent');
});
