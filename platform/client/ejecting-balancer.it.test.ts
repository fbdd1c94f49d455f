import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

let mesh: TestMesh;

before(async () => {
  mesh = await testMesh(['gateway', 'cart']);
});

after(() => mesh.close());

/** A cart service that answers so; where it is, and how often it was asked. */
async function cartThat(getCart: () => Promise<object>) {
  const seen = { asked: 0, address: '' };
  const others = CartService.methods.map(({ localName }) => [localName, () => assert.fail(localName)]);
  const counted = () => {
    seen.asked += 1;
    return getCart();
  };
  const handlers = { ...Object.fromEntries(others), getCart: counted } as Handlers<typeof CartService>;
  const service = await mesh.start('cart', () => ({ rpc: [bind(CartService, handlers)] }));
  seen.address = `127.0.0.1:${service.grpcPort}`;
  return seen;
}

async function away(): Promise<never> {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

test('an instance that is UNAVAILABLE time after time is left out, and asked again later', async () => {
  let well = true;
  const ill = await cartThat(async () => (well ? {} : away()));
  const sound = await cartThat(async () => ({}));
  const cart = [ill.address, sound.address];
  const outliers = { errorsInARow: 3, ejectionMs: 60_000, mostPercent: 50 };
  await mesh.discover('static', { cart }, { cart: { outliers } });
  const client = (await mesh.runtime('gateway')).client(CartService, 'cart');
  await waitFor('both to be asked', async () => {
    await client.getCart({});
    return ill.asked > 0 && sound.asked > 0;
  });
  well = false;
  const [before, soundBefore] = [ill.asked, sound.asked];
  for (let call = 0; call < 100; call += 1) {
    await client.getCart({});
  }
  assert.equal(ill.asked - before, 3);
  assert.equal(sound.asked - soundBefore, 100);

  // To another client, which knows nothing of that, and for which it is over at once.
  well = true;
  await mesh.discover('static', { cart }, { cart: { outliers: { ...outliers, ejectionMs: 1 } } });
  const other = (await mesh.runtime('gateway')).client(CartService, 'cart');
  await waitFor('the instance to be asked again', async () => {
    await other.getCart({});
    return ill.asked > before + 10;
  });
});

test('more calls at once than the mesh allows are refused, and no more once there is room', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<object>();
  const slow = await cartThat(() => opened);
  await mesh.discover('static', { cart: [slow.address] }, { cart: { mostCalls: 2 } });
  const client = (await mesh.runtime('gateway')).client(CartService, 'cart');
  const held = [client.getCart({}), client.getCart({})];
  await waitFor('two calls to be under way', () => slow.asked === 2);
  const unavailable = (error: unknown) => error instanceof RpcError && error.code === status.UNAVAILABLE;
  await assert.rejects(client.getCart({}), unavailable);
  assert.equal(slow.asked, 2);
  open({});
  await Promise.all(held);
  await client.getCart({});
});
