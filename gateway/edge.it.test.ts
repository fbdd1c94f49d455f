import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts';
import { Order_State, OrderSchema } from '#gen/shopverse/order/v1/order_pb.ts';
import { GetOrderResponseSchema, OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { bearer, type Caller, connect, eventually, refused } from './testing/calls.ts';
import { type Edge, startEdge } from './testing/edge.ts';
import { validate } from './testing/envoy-process.ts';

const { getOrder, watchOrder, placeOrder } = OrderService.method;
const { logIn } = UserService.method;
const orderId = '01890000-0000-7000-8000-000000000001';
let edge: Edge;
let client: Caller;

before(async () => {
  edge = await startEdge([OrderService, UserService]);
  client = connect(edge);
  await eventually(() => edge.plain.find(({ url }) => url.endsWith('jwks.json')));
});
after(async () => {
  client?.close();
  await edge?.stop();
});
beforeEach(() => {
  edge.upstream.seen.length = 0;
  edge.upstream.answer(getOrder, (request) => ({
    order: { orderId: request.orderId, state: Order_State.PAID },
  }));
});

test('Envoy accepts the configuration, and finds nothing deprecated in it', async () => {
  const { accepted, output } = await validate(edge.bootstrapPath);
  assert.ok(accepted, output);
  assert.doesNotMatch(output, /deprecated/i);
});

test('gRPC: a unary call, with its token passed on and one correlation id on both sides', async () => {
  const { headers, message } = await client.call(getOrder, { orderId }, await bearer(edge));
  assert.equal(fromBinary(GetOrderResponseSchema, message).order?.orderId, orderId);
  const seen = edge.upstream.seen[0]?.metadata;
  assert.match(String(seen?.get('authorization')[0]), /^Bearer ey/);
  assert.match(String(seen?.get('x-correlation-id')[0]), /^[0-9a-f-]{36}$/);
  assert.deepEqual(headers.get('x-correlation-id'), seen?.get('x-correlation-id'));
});

test('gRPC-Web: unary, stream and error details come whole', async () => {
  const orders = await web();
  assert.equal((await orders.getOrder({ orderId })).order?.state, Order_State.PAID);

  const states = [Order_State.PLACED, Order_State.STOCK_RESERVED, Order_State.CONFIRMED];
  edge.upstream.answer(watchOrder, async function* () {
    for (const state of states) yield { order: create(OrderSchema, { orderId, state }) };
  });
  const received = [];
  for await (const { order } of orders.watchOrder({ orderId })) received.push(order?.state);
  assert.deepEqual(received, states);

  edge.upstream.answer(getOrder, () => {
    throw status.FAILED_PRECONDITION;
  });
  const error = ConnectError.from(await orders.getOrder({ orderId }).catch((reason) => reason));
  assert.equal(error.code, Code.FailedPrecondition);
  assert.equal(error.rawMessage, 'Refused: é%');
  assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, 'TESTED');
});

test('what its contract lets be repeated is tried once more when its service is away, a new act never', async () => {
  for (const method of [getOrder, placeOrder, logIn]) {
    edge.upstream.answer(method, () => {
      throw status.UNAVAILABLE;
    });
  }
  assert.equal(
    (await refused(client.call(getOrder, { orderId }, await bearer(edge)))).code,
    status.UNAVAILABLE,
  );
  assert.equal(edge.upstream.seen.length, 2);
  assert.equal((await refused(client.call(placeOrder, {}, await bearer(edge)))).code, status.UNAVAILABLE);
  assert.equal(edge.upstream.seen.length, 4);
  assert.equal((await refused(client.call(logIn, {}, {}))).code, status.UNAVAILABLE);
  assert.equal(edge.upstream.seen.length, 5);
});

test('one trace: the span sent to Zipkin is the parent that the service sees, and the log line names both ids', async () => {
  await client.call(getOrder, { orderId }, await bearer(edge));
  const seen = edge.upstream.seen[0]?.metadata;
  const [, traceId, parentId] = String(seen?.get('traceparent')[0]).split('-');
  const span = await eventually(() => edge.spans.find(({ id }) => id === parentId));
  assert.equal(span.traceId, traceId);
  assert.equal(span.name, 'shopverse.order.v1.OrderService/GetOrder');
  const correlationId = seen?.get('x-correlation-id')[0];
  assert.equal(span.tags.correlation_id, correlationId);
  const line = await eventually(() =>
    edge.accessLog().find((entry) => entry.correlation_id === correlationId),
  );
  assert.equal(line.trace_id, traceId);
  assert.equal(line.grpc_status, 'OK');
});

test('plain HTTP: keys, webhooks and health, each by its own method and size', async () => {
  assert.equal((await fetch(`${edge.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${edge.url}/.well-known/jwks.json`)).status, 200);
  assert.equal((await fetch(`${edge.url}/.well-known/jwks.json`, { method: 'POST' })).status, 404);
  const post = (body: string) => fetch(`${edge.url}/webhooks/simulator`, { method: 'POST', body });
  assert.equal((await post('{}')).status, 200);
  assert.equal(edge.plain.at(-1)?.url, '/webhooks/simulator');
  assert.equal((await post('x'.repeat(300_000))).status, 413);
});

test('a stream and calls go on over a change of the clusters', async () => {
  edge.upstream.answer(watchOrder, async function* () {
    for (let n = 0; n < 20; n++) {
      yield { order: create(OrderSchema, { orderId, state: Order_State.PLACED }) };
      await sleep(50);
    }
  });
  const orders = await web();
  const stream = (async () => {
    let count = 0;
    for await (const _ of orders.watchOrder({ orderId })) count++;
    return count;
  })();
  await sleep(200);
  edge.replaceClusters((clusters) => JSON.parse(JSON.stringify(clusters).replaceAll('"1s"', '"2s"')));
  for (let n = 0; n < 40; n++) {
    await client.call(getOrder, { orderId }, await bearer(edge));
    await sleep(10);
  }
  assert.equal(await stream, 20);
});

async function web() {
  const token = await edge.token();
  const transport = createGrpcWebTransport({
    baseUrl: edge.url,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return createClient(OrderService, transport);
}
