import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { create } from '@bufbuild/protobuf';
import { Client as Channel, credentials, Metadata, status } from '@grpc/grpc-js';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { GetOrderResponseSchema, OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { createAuthority, issueCertificate } from '#platform/auth/certificate-authority.ts';
import type { CallOptions } from '#platform/client/client.ts';
import { currentContext } from '#platform/context/context.ts';
import { refusal } from '#platform/errors/refusal.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { bind, type Call, type Handlers } from '#platform/rpc/bind.ts';
import type { Outside } from '#platform/testing/outside-client.ts';
import { presenting, type TestMesh, type TestService, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

type OrderHandlers = Handlers<typeof OrderService>;

const orderId = '018f4b1e-0000-7000-8000-000000000001';
let mesh: TestMesh;
let order: TestService;
let handlers: Partial<OrderHandlers> = {};
const clients: { close(): void }[] = [];

/** Every test sets the handlers that it needs; the others refuse to be called. */
function changeable(): OrderHandlers {
  return new Proxy({} as OrderHandlers, {
    get: (_target, name) => (request: never, call: Call) => {
      const handler = handlers[name as keyof OrderHandlers];
      assert(handler, `no test wants ${String(name)}`);
      return (handler as (request: never, call: Call) => unknown)(request, call);
    },
  });
}

function ask(outside: Outside = {}) {
  const client = mesh.outside(OrderService, order.grpcPort, outside);
  clients.push(client);
  return client;
}

async function refused(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof RpcError, String(error));
  return error;
}

before(async () => {
  mesh = await testMesh(['order', 'cart', 'product']);
  order = await mesh.start('order', () => ({ rpc: [bind(OrderService, changeable())] }));
});

after(async () => {
  for (const client of clients) {
    client.close();
  }
  await mesh.close();
});

test('a unary call is answered, and its answer carries the correlation id', async () => {
  let seen: Metadata | undefined;
  handlers = {
    getOrder: async (request, call) => {
      assert.equal(call.caller.userId, 'user-9');
      assert.deepEqual(call.caller.roles, ['support']);
      assert.equal(currentContext()?.correlationId, call.correlationId);
      return { order: { orderId: request.orderId } };
    },
  };
  const correlationId = '0d9f5a5e-3f43-4f0e-9d0a-0a6f7b8c9d0e';
  const answer = await ask({
    token: await mesh.token({ sub: 'user-9', roles: ['support'] }),
    metadata: { 'x-correlation-id': correlationId },
    onMetadata: (metadata) => {
      seen = metadata;
    },
  }).getOrder({ orderId });
  assert.equal(answer.order?.orderId, orderId);
  assert.deepEqual(seen?.get('x-correlation-id'), [correlationId]);
});

test('a correlation id that is no UUID is replaced', async () => {
  let used = '';
  handlers = {
    getOrder: async (_request, call) => {
      used = call.correlationId;
      return {};
    },
  };
  await ask({ token: await mesh.token(), metadata: { 'x-correlation-id': 'a\u001b[31m forged' } })
    .getOrder({ orderId })
    .catch(() => undefined);
  await ask({ token: await mesh.token(), metadata: { 'x-correlation-id': 'forged' } }).getOrder({ orderId });
  assert.match(used, /^[0-9a-f-]{36}$/);
});

test('a stream is answered message by message', async () => {
  handlers = {
    watchOrder: async function* () {
      for (const id of ['a', 'b', 'c']) {
        yield { order: { orderId: id } };
      }
    },
  };
  const seen: (string | undefined)[] = [];
  for await (const { order } of ask({ token: await mesh.token() }).watchOrder({ orderId })) {
    seen.push(order?.orderId);
  }
  assert.deepEqual(seen, ['a', 'b', 'c']);
});

test('a refusal arrives with its code, reason, metadata, fields and time to come again', async () => {
  handlers = {
    getOrder: async () => {
      throw refusal(ErrorReasonSchema, ErrorReason.ETAG_MISMATCH, 'Läuft schon anders.', {
        metadata: { etag: '7' },
        fields: [{ field: 'order.etag', description: 'is 7 by now' }],
        retryAfterMs: 1500,
      });
    },
  };
  const error = await refused(ask({ token: await mesh.token() }).getOrder({ orderId }));
  assert.equal(error.code, status.ABORTED);
  assert.equal(error.reason, 'ETAG_MISMATCH');
  assert.equal(error.domain, 'shopverse.common');
  assert.equal(error.message, 'Läuft schon anders.');
  assert.deepEqual(error.details, {
    metadata: { etag: '7' },
    fields: [{ field: 'order.etag', description: 'is 7 by now' }],
    retryAfterMs: 1500,
  });
});

test('an unexpected error tells the correlation id and nothing else', async () => {
  handlers = {
    getOrder: async () => {
      throw new Error('duplicate key (email)=(ada@example.org) at 10.0.0.7:5432');
    },
  };
  const error = await refused(ask({ token: await mesh.token() }).getOrder({ orderId }));
  assert.equal(error.code, status.INTERNAL);
  assert.match(error.message, /^Something went wrong on our side\. Correlation id: [0-9a-f-]{36}\.$/);
  assert.doesNotMatch(JSON.stringify(error) + error.message, /ada@|10\.0\.0\.7|duplicate/);
});

test('trouble with the network or the database is UNAVAILABLE, to be tried again', async () => {
  handlers = {
    getOrder: async () => {
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    },
  };
  const error = await refused(ask({ token: await mesh.token() }).getOrder({ orderId }));
  assert.equal(error.code, status.UNAVAILABLE);
  assert.equal(error.reason, 'UNAVAILABLE');
  assert.equal(error.details.retryAfterMs, 1000);
  assert.doesNotMatch(error.message, /5432/);
});

test('a request that breaks its rules is refused with every field, before the handler', async () => {
  handlers = {};
  const error = await refused(
    ask({ token: await mesh.token() }).placeOrder({ requestId: 'x', paymentMethodToken: '!' }),
  );
  assert.equal(error.code, status.INVALID_ARGUMENT);
  const fields = error.details.fields?.map(({ field }) => field) ?? [];
  assert(fields.includes('request_id'), fields.join());
  assert(fields.includes('payment_method_token'), fields.join());
});

test('bytes that are no such message are INVALID_ARGUMENT', async () => {
  const error = await refused(rawCall('GetOrder', Buffer.from([0x0a, 0xff]), await mesh.token()));
  assert.equal(error.code, status.INVALID_ARGUMENT);
});

test('a request beyond 4 MiB is RESOURCE_EXHAUSTED and the server lives', async () => {
  handlers = { getOrder: async () => ({}) };
  const token = await mesh.token();
  const error = await refused(ask({ token }).getOrder({ orderId: 'x'.repeat(4 * 1024 * 1024 + 1) }));
  assert.equal(error.code, status.RESOURCE_EXHAUSTED);
  await ask({ token }).getOrder({ orderId });
});

test('without a token a customer method is UNAUTHENTICATED', async () => {
  const error = await refused(ask().getOrder({ orderId }));
  assert.equal(error.code, status.UNAUTHENTICATED);
  assert.equal(error.reason, 'UNAUTHENTICATED');
});

test('a role is needed, and an administrator has every role', async () => {
  handlers = { confirmDelivery: async () => ({}) };
  const request = { requestId: orderId, orderId, shipmentId: orderId };
  const customer = await refused(ask({ token: await mesh.token() }).confirmDelivery(request));
  assert.equal(customer.code, status.PERMISSION_DENIED);
  const analyst = await mesh.token({ roles: ['analyst'] });
  assert.equal(
    (await refused(ask({ token: analyst }).confirmDelivery(request))).code,
    status.PERMISSION_DENIED,
  );
  for (const role of ['warehouse', 'admin']) {
    await ask({ token: await mesh.token({ roles: [role] }) }).confirmDelivery(request);
  }
});

test('a token that is expired, meant for another or altered is UNAUTHENTICATED', async () => {
  handlers = { getOrder: async () => ({}) };
  const good = await mesh.token();
  const bad = [
    await mesh.token({ expiresIn: -10 }),
    await mesh.token({ aud: 'elsewhere' }),
    await mesh.token({ iss: 'https://evil.example' }),
    `${good.slice(0, -4)}AAAA`,
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
    `${Buffer.from('{"alg":"EdDSA","kid":"../../etc/passwd"}').toString('base64url')}.${good.split('.')[1]}.x`,
    'x'.repeat(6000),
  ];
  for (const token of bad) {
    const error = await refused(ask({ token }).getOrder({ orderId }));
    assert.equal(error.code, status.UNAUTHENTICATED, token.slice(0, 60));
  }
  await ask({ token: good }).getOrder({ orderId });
});

test('only the named service calls a method for services, and a user beside it stays the user', async () => {
  const seen: Call['caller'][] = [];
  const quoteCart = async (_request: unknown, call: Call) => {
    seen.push(call.caller);
    return {};
  };
  const cart = await mesh.start('cart', () => ({
    rpc: [bind(CartService, { ...unwanted(CartService), quoteCart } as Handlers<typeof CartService>)],
  }));
  handlers = {
    getOrder: async () => {
      await order.runtime.client(CartService, 'cart').quoteCart({ cartId: orderId, userId: orderId });
      return {};
    },
  };
  await ask({ token: await mesh.token({ sub: 'user-4' }) }).getOrder({ orderId });
  assert.equal(seen[0]?.service, 'order');
  assert.equal(seen[0]?.userId, 'user-4');

  const product = await mesh.runtime('product');
  const denied = await refused(
    product.client(CartService, 'cart').quoteCart({ cartId: orderId, userId: orderId }),
  );
  assert.equal(denied.code, status.PERMISSION_DENIED);
  const outside = mesh.outside(CartService, cart.grpcPort, {
    token: await mesh.token({ roles: ['admin'] }),
  });
  clients.push(outside);
  assert.equal(
    (await refused(outside.quoteCart({ cartId: orderId, userId: orderId }))).code,
    status.PERMISSION_DENIED,
  );
});

test('a call that proves no workload is refused, with a reason, whatever user it brings', async () => {
  handlers = { getOrder: async () => assert.fail('the call came through') };
  const token = await mesh.token({ roles: ['admin'] });
  const forged = issueCertificate(createAuthority(), 'edge');
  const expired = issueCertificate(mesh.authority, 'edge', -60_000);
  for (const pem of [undefined, forged, expired]) {
    const client = mesh.outside(OrderService, order.grpcPort, {
      token,
      credentials: presenting(mesh.trust, pem),
    });
    clients.push(client);
    const error = await refused(client.getOrder({ orderId }));
    // OpenSSL itself hangs up on a forged one.
    const cut = error.code === status.UNAVAILABLE && pem === forged;
    assert(cut || (error.code === status.UNAUTHENTICATED && error.reason === 'WORKLOAD_UNKNOWN'), error);
  }
  const plain = mesh.outside(OrderService, order.grpcPort, {
    token,
    credentials: credentials.createInsecure(),
  });
  clients.push(plain);
  assert.equal((await refused(plain.getOrder({ orderId }))).code, status.UNAVAILABLE);
});

test('a client takes no other workload for its peer', async () => {
  // Where the payment service is looked for, the order service answers.
  await mesh.discover('static', { payment: [`127.0.0.1:${order.grpcPort}`] });
  const payments = order.runtime.client(CartService, 'payment');
  const error = await refused(payments.quoteCart({ cartId: orderId, userId: orderId }, { timeoutMs: 1000 }));
  assert([status.UNAVAILABLE, status.DEADLINE_EXCEEDED].includes(error.code));
});

test('certificates are replaced under load without a failed call', async () => {
  handlers = { getOrder: async () => ({}) };
  const token = await mesh.token();
  const serial = () => peerSerial(order.grpcPort);
  const before = await serial();
  let going = true;
  let calls = 0;
  const lanes = Array.from({ length: 4 }, async () => {
    while (going) {
      // A new connection each time, so that each meets whatever certificate there is.
      const client = mesh.outside(OrderService, order.grpcPort, { token });
      await client.getOrder({ orderId });
      client.close();
      calls += 1;
    }
  });
  await mesh.renew('order');
  await mesh.renew('edge');
  await waitFor('the new certificate', async () => (await serial()) !== before, 15_000);
  going = false;
  await Promise.all(lanes);
  assert(calls > 5, `${calls} connections`);
});

test('S-12 a token of a session that ended is none, and the streams of that session end', async () => {
  handlers = {
    getOrder: async () => ({}),
    watchOrder: async function* () {
      yield {};
      await new Promise(() => undefined);
    },
  };
  const [token, other] = [await mesh.token({ sid: 'session-over' }), await mesh.token({ sid: 'another' })];
  await ask({ token }).getOrder({ orderId });
  const watching = ask({ token, timeoutMs: 20_000 }).watchOrder({ orderId })[Symbol.asyncIterator]();
  await watching.next();
  mesh.endSession('session-over');
  await waitFor('the end to be known', async () => {
    const error = await ask({ token })
      .getOrder({ orderId })
      .then(
        () => undefined,
        (reason: RpcError) => reason,
      );
    return error?.reason === 'TOKEN_INVALID' && error.code === status.UNAUTHENTICATED;
  });
  assert.equal((await refused(watching.next())).code, status.UNAUTHENTICATED);
  await ask({ token: other }).getOrder({ orderId });
});

test('a handler that is too slow is answered for at the deadline, and told', async () => {
  const aborted = Promise.withResolvers<void>();
  handlers = {
    getOrder: (_request, call) => {
      call.signal.addEventListener('abort', () => aborted.resolve());
      return new Promise(() => undefined);
    },
  };
  const started = performance.now();
  const error = await refused(ask({ token: await mesh.token() }).getOrder({ orderId }, { timeoutMs: 200 }));
  assert.equal(error.code, status.DEADLINE_EXCEEDED);
  assert(performance.now() - started < 1000);
  await aborted.promise;
});

test('the remaining deadline goes with a call to a peer', async () => {
  let left = 0;
  const listened = await mesh.start('product', () => ({
    rpc: [
      bind(CartService, {
        ...unwanted(CartService),
        quoteCart: async (_request: unknown, call: Call) => {
          left = call.deadline.getTime() - Date.now();
          return {};
        },
      } as Handlers<typeof CartService>),
    ],
  }));
  assert(listened.grpcPort > 0);
  handlers = {
    getOrder: async () => {
      await sleep(100);
      await order.runtime.client(CartService, 'product').quoteCart({ cartId: orderId, userId: orderId });
      return {};
    },
  };
  await ask({ token: await mesh.token() }).getOrder({ orderId }, { timeoutMs: 1000 });
  assert(left > 200 && left < 900, `${left} ms`);
});

test('a caller who cancels aborts the handler', async () => {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  handlers = {
    watchOrder: async function* (_request, call) {
      call.signal.addEventListener('abort', () => aborted.resolve(call.signal.reason));
      yield {};
      started.resolve();
      await new Promise(() => undefined);
    },
  };
  const controller = new AbortController();
  const watching = (async () => {
    const options: CallOptions = { signal: controller.signal };
    for await (const _ of ask({ token: await mesh.token() }).watchOrder({ orderId }, options)) {
      // Read until it is cancelled.
    }
  })();
  await started.promise;
  controller.abort();
  await assert.rejects(watching);
  assert.equal(((await aborted.promise) as RpcError).code, status.CANCELLED);
});

test('a caller’s traceparent is what the handler’s own calls and events continue', async () => {
  const { currentTraceparent } = await import('#platform/telemetry/span.ts');
  let inside = '';
  handlers = {
    getOrder: async () => {
      inside = currentTraceparent();
      return {};
    },
  };
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  await ask({
    token: await mesh.token(),
    metadata: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  }).getOrder({ orderId });
  assert.match(inside, new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)`));
});

test('calls are counted by method, and for the mesh as Istio names them', async () => {
  handlers = { getOrder: async () => ({}) };
  await ask({ token: await mesh.token() }).getOrder({ orderId });
  const text = await (await fetch(`http://127.0.0.1:${order.httpPort}/metrics`)).text();
  assert.match(
    text,
    /rpc_server_call_duration_seconds_count\{[^}]*OrderService\/GetOrder[^}]*code="0"[^}]*\} \d/,
  );
  assert.match(
    text,
    /istio_requests_total\{reporter="destination",source_workload="unknown",[^}]*destination_service="order\.shopverse\.svc\.cluster\.local"[^}]*\} \d/,
  );
  assert.match(text, /istio_request_duration_milliseconds_bucket\{[^}]*le="0.5"\}/);
  assert.match(text, /process_cpu_user_seconds_total/);
});

test('SIGTERM’s stop lets a call in flight finish, ends streams and refuses nothing silently', async () => {
  const released = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const stopping = await mesh.start('cart', () => ({
    rpc: [
      bind(OrderService, {
        ...unwanted(OrderService),
        getOrder: async () => {
          arrived.resolve();
          await released.promise;
          return create(GetOrderResponseSchema, { order: { orderId: 'late' } });
        },
        watchOrder: async function* () {
          yield {};
          await new Promise(() => undefined);
        },
      } as unknown as OrderHandlers),
    ],
  }));
  const client = mesh.outside(OrderService, stopping.grpcPort, { token: await mesh.token() });
  clients.push(client);
  const late = client.getOrder({ orderId });
  const watch = client.watchOrder({ orderId })[Symbol.asyncIterator]();
  await watch.next();
  await arrived.promise;
  const stopped = stopping.stop();
  assert.equal((await refused(watch.next())).code, status.UNAVAILABLE);
  released.resolve();
  assert.equal((await late).order?.orderId, 'late');
  await stopped;
  assert.equal((await refused(client.getOrder({ orderId }))).code, status.UNAVAILABLE);
});

test('health tells of the server and each service, and follows while watched', async () => {
  const { Health, HealthCheckResponse_ServingStatus: Serving } = await import(
    '#gen/grpc/health/v1/health_pb.ts'
  );
  const client = mesh.outside(Health, order.grpcPort);
  clients.push(client);
  assert.equal((await client.check({})).status, Serving.SERVING);
  assert.equal((await client.check({ service: OrderService.typeName })).status, Serving.SERVING);
  assert.equal((await refused(client.check({ service: 'no.such' }))).code, status.NOT_FOUND);
  const watch = client.watch({})[Symbol.asyncIterator]();
  assert.equal((await watch.next()).value?.status, Serving.SERVING);
  await watch.return?.();
});

test('readiness and liveness are answered over HTTP', async () => {
  const ask = (path: string) => fetch(`http://127.0.0.1:${order.httpPort}${path}`);
  assert.equal((await ask('/livez')).status, 200);
  assert.equal((await ask('/readyz')).status, 200);
  assert.equal((await ask('/etc/passwd')).status, 404);
});

test('a method that nobody bound is UNIMPLEMENTED', async () => {
  assert.equal((await refused(rawCall('Nope', Buffer.alloc(0), ''))).code, status.UNIMPLEMENTED);
  await waitFor(
    'the server to be still there',
    async () => (await fetch(`http://127.0.0.1:${order.httpPort}/livez`)).ok,
  );
});

function unwanted(service: { readonly methods: readonly { readonly localName: string }[] }) {
  return Object.fromEntries(
    service.methods.map(({ localName }) => [localName, () => assert.fail(`no test wants ${localName}`)]),
  );
}

/** The serial number of the certificate that a service shows to whoever connects now. */
function peerSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: mesh.trust, checkServerIdentity: () => undefined });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });
}

async function rawCall(method: string, bytes: Buffer, token: string): Promise<unknown> {
  const { fromStatus } = await import('#platform/errors/status.ts');
  const channel = new Channel(`127.0.0.1:${order.grpcPort}`, mesh.connectAs());
  clients.push(channel);
  const metadata = new Metadata();
  if (token !== '') {
    metadata.set('authorization', `Bearer ${token}`);
  }
  return new Promise((resolve, reject) => {
    const asIs = (value: Buffer) => value;
    channel.makeUnaryRequest(
      `/shopverse.order.v1.OrderService/${method}`,
      asIs,
      asIs,
      bytes,
      metadata,
      { deadline: Date.now() + 5000 },
      (error, answer) => (error === null ? resolve(answer) : reject(fromStatus(error, 'order'))),
    );
  });
}
