import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProducedRecord, Producer } from '#platform/kafka/kafka.ts';
import { createGroupWriter } from './group-writer.ts';

const limits = { maxInFlight: 10, maxRecords: 4, maxBytes: 10_000 };
const records = (count: number, size = 1): [number, () => ProducedRecord[]] => [
  count,
  () =>
    Array.from({ length: count }, () => ({ topic: 't', key: null, value: Buffer.alloc(size), headers: [] })),
];

/** A producer whose requests wait until the test ends them. */
function heldProducer() {
  const requests: { size: number; end(error?: Error): void }[] = [];
  const producer: Producer = {
    send: (sent) =>
      new Promise((resolve, reject) => {
        requests.push({ size: sent.length, end: (error) => (error ? reject(error) : resolve()) });
      }),
    close: async () => undefined,
  };
  return { requests, connect: async () => producer };
}

test('what comes in during a request goes together with the next, and is answered only when written', async () => {
  const { requests, connect } = heldProducer();
  const writer = createGroupWriter(connect, limits);
  const answered: string[] = [];
  const writes = ['a', 'b', 'c'].map(async (name) => {
    assert.equal(await writer.write(...records(1)), 'written');
    answered.push(name);
  });
  await turn();
  assert.deepEqual(
    requests.map(({ size }) => size),
    [1],
  );
  requests[0]?.end();
  await turn();
  assert.deepEqual(answered, ['a']);
  assert.deepEqual(
    requests.map(({ size }) => size),
    [1, 2],
  );
  requests[1]?.end();
  await Promise.all(writes);
});

test('a request holds no more than its limits of records and bytes, and a batch ends with its last record', async () => {
  const { requests, connect } = heldProducer();
  const writer = createGroupWriter(connect, limits);
  const many = writer.write(...records(6));
  const large = writer.write(...records(2, 6_000));
  for (const size of [4, 3, 1]) {
    await turn();
    assert.equal(requests.at(-1)?.size, size);
    requests.at(-1)?.end();
  }
  assert.deepEqual(await Promise.all([many, large]), ['written', 'written']);
});

test('more than may wait is refused whole, and there is room again after a write', async () => {
  const { requests, connect } = heldProducer();
  const writer = createGroupWriter(connect, { ...limits, maxRecords: 100 });
  const first = writer.write(...records(8));
  assert.equal(await writer.write(3, () => assert.fail('what is refused is not made')), 'full');
  await turn();
  requests[0]?.end();
  assert.equal(await first, 'written');
  const second = writer.write(...records(3));
  await turn();
  requests[1]?.end();
  assert.equal(await second, 'written');
});

test('a failure is told to those in the request, with what they still had waiting, and to no one else', async () => {
  const { requests, connect } = heldProducer();
  const writer = createGroupWriter(connect, limits);
  const torn = writer.write(...records(5));
  const next = writer.write(...records(2));
  await turn();
  requests[0]?.end(new Error('broker away'));
  assert.deepEqual(await torn, { failed: new Error('broker away') });
  await turn();
  assert.equal(requests[1]?.size, 2);
  requests[1]?.end();
  assert.equal(await next, 'written');
  assert.notEqual(await Promise.race([writer.write(...records(10)), turn()]), 'full');
});

test('a failed connection is a failure, and the next write connects again', async () => {
  let attempts = 0;
  const { connect, requests } = heldProducer();
  const writer = createGroupWriter(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('no broker');
    return connect();
  }, limits);
  assert.deepEqual(await writer.write(...records(1)), { failed: new Error('no broker') });
  const second = writer.write(...records(1));
  await turn();
  requests[0]?.end();
  assert.equal(await second, 'written');
});
