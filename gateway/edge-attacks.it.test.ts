import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { type ServiceError, status } from '@grpc/grpc-js';
import { ConfigService } from '#gen/shopverse/config/v1/config_service_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { bearer, type Caller, connect, eventually, refused } from './testing/calls.ts';
import { type Edge, startEdge } from './testing/edge.ts';
import type { Clusters } from './testing/run-edge.ts';
import { pathOf } from './testing/upstream.ts';

const { getOrder } = OrderService.method;
const { getStock, batchGetAvailability } = InventoryService.method;
const orderId = '01890000-0000-7000-8000-000000000001';
let edge: Edge;
let client: Caller;

before(async () => {
  edge = await startEdge([OrderService, InventoryService, ConfigService]);
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
  edge.upstream.answer(batchGetAvailability, () => ({}));
  edge.upstream.answer(getStock, () => ({}));
});

test('S-05, S-08, S-09: no token, an expired one, a foreign one, or one in the wrong place is no token', async () => {
  const soon = Math.floor(Date.now() / 1000);
  const bad = {
    'no token': undefined,
    expired: await edge.token({ exp: soon - 60 }),
    'without expiry': await edge.token({ exp: undefined }),
    'not yet valid': await edge.token({ nbf: soon + 600 }),
    'another audience': await edge.token({ aud: 'shopverse-refresh' }),
    'another issuer': await edge.token({ iss: 'https://id.example' }),
    'alg none': `${b64({ alg: 'none', kid: 'test-1' })}.${b64({ sub: 'user-1', exp: soon + 60 })}.`,
  };
  for (const [what, token] of Object.entries(bad)) {
    const error = await refused(
      client.call(getOrder, { orderId }, token ? { authorization: `Bearer ${token}` } : {}),
    );
    assert.equal(error.code, status.UNAUTHENTICATED, what);
  }
  const cookie = { cookie: `access_token=${await edge.token()}` };
  assert.equal((await refused(client.call(getOrder, { orderId }, cookie))).code, status.UNAUTHENTICATED);
  const inQuery = await fetch(`${edge.url}${pathOf(getOrder)}?access_token=${await edge.token()}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(inQuery.status, 401);
  assert.equal(edge.upstream.seen.length, 0);
});

test('a public method needs no token, and takes no invalid one', async () => {
  await client.call(batchGetAvailability, { skus: ['a'] }, {});
  const expired = { authorization: `Bearer ${await edge.token({ exp: 1 })}` };
  assert.equal(
    (await refused(client.call(batchGetAvailability, { skus: ['a'] }, expired))).code,
    status.UNAUTHENTICATED,
  );
  assert.equal(edge.upstream.seen.length, 1);
});

test('S-15: a method for roles takes those roles and administrators only', async () => {
  await client.call(getStock, { sku: 'a' }, await bearer(edge, { roles: ['warehouse'] }));
  await client.call(getStock, { sku: 'a' }, await bearer(edge, { roles: ['support', 'admin'] }));
  for (const roles of [[], ['support'], ['WAREHOUSE'], ['warehouse-2']]) {
    const error = await refused(client.call(getStock, { sku: 'a' }, await bearer(edge, { roles })));
    assert.equal(error.code, status.PERMISSION_DENIED, roles.join());
  }
  assert.equal(edge.upstream.seen.length, 2);
});

test('S-41: what a client says of itself beside its token never arrives', async () => {
  const forged = {
    ...{
      'x-user-id': 'root',
      'x-roles': 'admin',
      'x-jwt-payload': 'e30',
      b3: '1-2-1',
    },
    ...{
      'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/shopverse/sa/order',
      'x-real-ip': '1.1.1.1',
    },
    ...{ 'x-correlation-id': 'mine', 'x-request-id': 'mine', 'x-envoy-max-retries': '9', baggage: 'a=b' },
    traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
  };
  await client.call(
    getOrder,
    { orderId },
    { ...forged, ...(await bearer(edge)), 'x-shopverse-guest': 'a-guest-s-secret-0001' },
  );
  const seen = edge.upstream.seen[0]?.metadata;
  assert.ok(seen);
  for (const [name, value] of Object.entries(forged)) {
    assert.ok(!seen.get(name).includes(value), `${name} went through`);
  }
  assert.deepEqual(seen.get('x-shopverse-guest'), ['a-guest-s-secret-0001']);
});

test('S-43, S-46: what no contract opens to outside has no route, however its path is spelled', async () => {
  const internal = ConfigService.method.watchConfig;
  const paths = [
    pathOf(internal),
    '/grpc.health.v1.Health/Check',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/shopverse.order.v1.orderservice/getorder',
    '/x/..%2fshopverse.config.v1.ConfigService/WatchConfig',
    '/shopverse.order.v1.OrderService%2FGetOrder',
  ];
  for (const path of paths) {
    const error = await refused(client.raw(path, Buffer.alloc(0), await bearer(edge, { roles: ['admin'] })));
    assert.ok(
      [status.UNIMPLEMENTED, status.INVALID_ARGUMENT].includes(error.code),
      `${path}: ${error.message}`,
    );
  }
  assert.equal((await fetch(`${edge.url}/metrics`)).status, 404);
  assert.equal(edge.upstream.seen.length, 0);
});

test('S-49: what the edge answers by itself says nothing of the inside, and names the correlation id', async () => {
  const withoutOrder = ({ resources }: Clusters) => ({
    resources: resources.filter(({ name }) => name !== 'order'),
  });
  edge.replaceClusters(withoutOrder);
  const away = await eventually(async () => {
    const error = await client.call(getOrder, { orderId }, await bearer(edge)).catch((reason) => reason);
    return error instanceof Error ? (error as ServiceError) : undefined;
  });
  edge.replaceClusters((clusters) => clusters);
  assert.equal(away.code, status.UNAVAILABLE);
  assert.equal(away.details, 'A part of the shop is away for a moment.');
  assert.match(String(away.metadata.get('x-correlation-id')[0]), /^[0-9a-f-]{36}$/);
  await eventually(async () => client.call(getOrder, { orderId }, await bearer(edge)).catch(() => undefined));
  const page = await fetch(`${edge.url}/admin`);
  assert.match(page.headers.get('x-correlation-id') ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(await page.json(), {
    code: 12,
    message: 'There is no such thing here.',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'UNKNOWN_METHOD',
        domain: 'shopverse.common',
      },
    ],
  });
  assert.equal(page.headers.get('server'), 'shopverse');
  assert.deepEqual(
    [...page.headers.keys()].filter((name) => name.startsWith('x-envoy')),
    [],
  );
});

test('a refusal at the edge reads the same over gRPC-Web', async () => {
  const stock = createClient(InventoryService, createGrpcWebTransport({ baseUrl: edge.url }));
  const code = async (headers: Readonly<Record<string, string>>) =>
    ConnectError.from(await stock.getStock({ sku: 'a' }, { headers }).catch((reason) => reason)).code;
  assert.equal(await code({}), Code.Unauthenticated);
  assert.equal(await code(await bearer(edge, { aud: 'other' })), Code.Unauthenticated);
  assert.equal(await code(await bearer(edge)), Code.PermissionDenied);
  const config = createClient(ConfigService, createGrpcWebTransport({ baseUrl: edge.url }));
  const unrouted = await config.reportConfigVersion({ instance: 'a' }).catch((reason) => reason);
  assert.equal(ConnectError.from(unrouted).code, Code.Unimplemented);
});

test('S-60: the configured origin may call, others get no leave', async () => {
  const ask = (origin: string) =>
    fetch(`${edge.url}${pathOf(getOrder)}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
  const allowed = await ask('https://shop.example');
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://shop.example');
  assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization/);
  for (const origin of [
    'null',
    'https://shop.example.evil.test',
    'https://evil-shop.example',
    'http://shop.example',
  ]) {
    assert.equal((await ask(origin)).headers.get('access-control-allow-origin'), null, origin);
  }
});

function b64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
