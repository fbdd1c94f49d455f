import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import type { Runtime } from '#platform/runtime.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

let mesh: TestMesh;
let gateway: Runtime;

before(async () => {
  mesh = await testMesh(['gateway', 'cart', 'user']);
  gateway = await mesh.runtime('gateway');
});

after(() => mesh.close());

/** A cart service whose getCart counts and takes a moment, so that calls are always under way. */
function cartThat(getCart: () => Promise<object>) {
  const others = CartService.methods.map(({ localName }) => [localName, () => assert.fail(localName)]);
  return () => ({
    rpc: [bind(CartService, { ...Object.fromEntries(others), getCart } as Handlers<typeof CartService>)],
  });
}

test('calls move from one instance to another without one of them failing', async () => {
  const served = [0, 0];
  const instances = [];
  for (const index of [0, 1]) {
    instances.push(
      await mesh.start(
        'cart',
        cartThat(async () => {
          await sleep(20);
          served[index] = (served[index] ?? 0) + 1;
          return {};
        }),
      ),
    );
  }
  const [first, second] = instances;
  assert(first !== undefined && second !== undefined);
  await mesh.discover('static', { cart: [`127.0.0.1:${first.grpcPort}`] });

  const client = gateway.client(CartService, 'cart');
  let calling = true;
  const callers = Array.from({ length: 16 }, async () => {
    while (calling) {
      await client.getCart({});
    }
  });
  await waitFor('calls to the first', () => (served[0] ?? 0) > 50);
  assert.equal(served[1], 0);
  await mesh.discover('static', { cart: [`127.0.0.1:${second.grpcPort}`] });
  await waitFor('calls to the second', () => (served[1] ?? 0) > 50);
  await first.stop();
  const [beforeStop, before = 0] = served;
  await waitFor('calls to go on', () => (served[1] ?? 0) > before + 50);
  calling = false;
  await Promise.all(callers);
  assert.equal(served[0], beforeStop);
});

test('what its contract lets be repeated is, once, when the peer is away for a moment; a new act is not', async () => {
  let asked = 0;
  const outage = async () => {
    asked += 1;
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  const down =
    <S extends typeof CartService | typeof UserService>(service: S) =>
    () => ({
      rpc: [
        bind(service, {
          ...Object.fromEntries(service.methods.map(({ localName }) => [localName, outage])),
        } as unknown as Handlers<S>),
      ],
    });
  const cart = await mesh.start('cart', down(CartService));
  const user = await mesh.start('user', down(UserService));
  await mesh.discover('static', {
    cart: [`127.0.0.1:${cart.grpcPort}`],
    user: [`127.0.0.1:${user.grpcPort}`],
  });
  const runtime = await mesh.runtime('gateway');
  const client = runtime.client(CartService, 'cart');
  const unavailable = (error: unknown) => error instanceof RpcError && error.code === status.UNAVAILABLE;
  await assert.rejects(client.getCart({}), unavailable);
  assert.equal(asked, 2);
  asked = 0;
  await assert.rejects(client.clearCart({ requestId: '018f4b1e-0000-7000-8000-000000000001' }), unavailable);
  assert.equal(asked, 2);
  asked = 0;
  const secrets = { email: 'a@shopverse.local', password: 'a password of nobody', deviceName: 'test' };
  await assert.rejects(runtime.client(UserService, 'user').logIn(secrets), unavailable);
  assert.equal(asked, 1);
});

test('a peer that nobody listed is UNAVAILABLE at once', async () => {
  const started = performance.now();
  await assert.rejects(
    gateway.client(CartService, 'nobody').clearCart({}),
    (error: unknown) => error instanceof RpcError && error.code === status.UNAVAILABLE,
  );
  assert(performance.now() - started < 1000);
});

test('a peer that doesn’t answer costs the call’s own time-out, not more', async () => {
  const service = await mesh.start(
    'cart',
    cartThat(() => new Promise(() => undefined)),
  );
  await mesh.discover('static', { cart: [`127.0.0.1:${service.grpcPort}`] });
  const started = performance.now();
  await assert.rejects(
    gateway.client(CartService, 'cart').getCart({}, { timeoutMs: 150 }),
    (error: unknown) => error instanceof RpcError && error.code === status.DEADLINE_EXCEEDED,
  );
  assert(performance.now() - started < 2000);
});
