import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { bearer, type Caller, connect, refused } from './testing/calls.ts';
import { type Edge, startEdge } from './testing/edge.ts';
import { pathOf } from './testing/upstream.ts';

const { getOrder } = OrderService.method;
const orderId = '01890000-0000-7000-8000-000000000001';
let edge: Edge;
let client: Caller;

before(async () => {
  edge = await startEdge([OrderService]);
  edge.upstream.answer(getOrder, () => ({}));
  client = connect(edge);
});
after(async () => {
  client?.close();
  await edge?.stop();
});

/** Everybody else is served as ever. */
async function othersAreServed(): Promise<void> {
  const started = performance.now();
  await client.call(getOrder, { orderId }, await bearer(edge, { sub: `user-${Math.random()}` }));
  assert.ok(performance.now() - started < 3_000);
}

test('S-34 a message that is too large, or is a small one that swells, comes to no service', async () => {
  const before = edge.upstream.seen.length;
  const huge = await refused(client.raw(pathOf(getOrder), Buffer.alloc(9 * 1024 * 1024), await bearer(edge)));
  assert.ok(
    [status.RESOURCE_EXHAUSTED, status.UNAVAILABLE, status.CANCELLED, status.INTERNAL].includes(huge.code),
  );
  // gRPC's own compression, told in the frame: 64 MB of zeros in 64 KB.
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const session = connectHttp2(edge.url);
  const stream = session.request({
    ':method': 'POST',
    ':path': pathOf(getOrder),
    'content-type': 'application/grpc',
    'grpc-encoding': 'gzip',
    te: 'trailers',
    ...(await bearer(edge)),
  });
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(bomb.length, 1);
  stream.end(Buffer.concat([head, bomb]));
  let code: unknown;
  stream.on('response', (headers) => {
    code = headers['grpc-status'] ?? code;
  });
  stream.on('trailers', (headers) => {
    code = headers['grpc-status'] ?? code;
  });
  stream.on('error', () => undefined);
  stream.resume();
  await once(stream, 'close');
  session.close();
  assert.equal(Number(code), status.RESOURCE_EXHAUSTED);
  assert.equal(edge.upstream.seen.length, before);
  await othersAreServed();
});

test('S-37 who opens streams and resets them at once is cut off, and others are served', async () => {
  const session = connectHttp2(edge.url);
  session.on('error', () => undefined);
  let closed = false;
  session.on('close', () => {
    closed = true;
  });
  const headers = { ':method': 'POST', ':path': pathOf(getOrder), 'content-type': 'application/grpc' };
  let resets = 0;
  while (!closed && resets < 20_000) {
    for (let n = 0; n < 50 && !closed; n++) {
      resets += resetAtOnce(session, headers);
    }
    await sleep(1);
  }
  assert.ok(closed, `${resets} resets and still connected`);
  await othersAreServed();
});

test('S-37 who sends headers slowly is cut off in seconds, and others are served', async () => {
  const { hostname, port } = new URL(edge.url);
  const slow = connectSocket({ host: hostname, port: Number(port) });
  let answered = '';
  slow.on('data', (bytes) => {
    answered += bytes;
  });
  slow.on('error', () => undefined);
  const cutOff = new Promise((resolve) => slow.once('close', resolve));
  await once(slow, 'connect');
  const started = performance.now();
  slow.write(`POST ${pathOf(getOrder)} HTTP/1.1\r\nhost: a\r\n`);
  const drip = setInterval(() => slow.write('x-slow: 1\r\n'), 500).unref();
  await othersAreServed();
  await cutOff;
  clearInterval(drip);
  const seconds = (performance.now() - started) / 1000;
  assert.ok(seconds < 12, `cut off after ${seconds} s`);
  assert.match(answered, /^(HTTP\/1\.1 (408|504)|$)/);
});

function resetAtOnce(session: ClientHttp2Session, headers: Record<string, string>): number {
  try {
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    return 1;
  } catch {
    // The session is being closed under our hands, which is what is waited for.
    return 0;
  }
}
