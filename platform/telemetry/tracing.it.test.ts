import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import { type TestMesh, type TestService, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { currentTraceparent, inSpan } from './span.ts';

type ZipkinSpan = {
  readonly id: string;
  readonly traceId: string;
  readonly parentId?: string;
  readonly kind?: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
};

const spans: ZipkinSpan[] = [];
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const zipkin = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    spans.push(...(JSON.parse(body) as ZipkinSpan[]));
    response.writeHead(202).end();
  });
});
const orderId = '018f4b1e-0000-7000-8000-000000000001';
let mesh: TestMesh;
let order: TestService;

before(async () => {
  await new Promise<void>((resolve) => zipkin.listen(0, '127.0.0.1', resolve));
  const ZIPKIN_URL = `http://127.0.0.1:${(zipkin.address() as AddressInfo).port}/api/v2/spans`;
  mesh = await testMesh(['order', 'cart']);
  order = await mesh.start(
    'order',
    (runtime) => {
      const getOrder = async () => {
        await inSpan('work of its own', { attributes: { 'shop.step': 1 } }, async () => {
          await runtime.client(CartService, 'cart').quoteCart({ cartId: orderId, userId: orderId });
        });
        return {};
      };
      const cancelOrder = () => Promise.reject(new Error('ada@example.org is unknown'));
      return { rpc: [bind(OrderService, only(OrderService, { getOrder, cancelOrder }))] };
    },
    { ZIPKIN_URL },
  );
  await mesh.start('cart', () => ({
    rpc: [bind(CartService, only(CartService, { quoteCart: async () => ({}) }))],
  }));
});

after(async () => {
  await mesh.close();
  zipkin.close();
  zipkin.closeAllConnections();
});

function only<S extends typeof OrderService | typeof CartService>(service: S, handlers: object): Handlers<S> {
  const others = service.methods.map(({ localName }) => [localName, () => assert.fail(localName)]);
  return { ...Object.fromEntries(others), ...handlers } as Handlers<S>;
}

async function client() {
  const metadata = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  return mesh.outside(OrderService, order.grpcPort, { token: await mesh.token(), metadata });
}

test('a call and the calls that it makes are one tree, below the caller’s span', async () => {
  const calling = await client();
  await calling.getOrder({ orderId: orderId });
  calling.close();
  const tree = await waitFor('four spans', () => (spans.length >= 4 ? spans.splice(0) : undefined));
  const chain: ZipkinSpan[] = [];
  for (let parent: string | undefined = '00f067aa0ba902b7'; parent !== undefined; ) {
    const next: ZipkinSpan | undefined = tree.find(({ parentId }) => parentId === parent);
    if (next !== undefined) {
      chain.push(next);
    }
    parent = next?.id;
  }
  assert.deepEqual(
    chain.map(({ kind, name }) => [kind, name]),
    [
      ['SERVER', 'shopverse.order.v1.OrderService/GetOrder'],
      [undefined, 'work of its own'],
      ['CLIENT', 'shopverse.cart.v1.CartService/QuoteCart'],
      ['SERVER', 'shopverse.cart.v1.CartService/QuoteCart'],
    ],
  );
  assert(chain.every((span) => span.traceId === traceId));
  assert.equal(chain[0]?.tags['rpc.response.status_code'], 'OK');
  assert.equal(chain[2]?.tags['server.address'], 'cart');
});

test('I-42: a failure marks its span by what it is called, and repeats nothing of its message', async () => {
  const calling = await client();
  const id = orderId;
  await assert.rejects(calling.cancelOrder({ requestId: id, orderId: id }));
  calling.close();
  const [failed] = await waitFor('the span', () => (spans.length > 0 ? spans.splice(0) : undefined));
  assert.equal(failed?.tags['rpc.response.status_code'], 'INTERNAL');
  assert(failed?.tags['error.type'] !== undefined);
  assert.doesNotMatch(JSON.stringify(failed), /ada@/);
});

test('a span continues a stored traceparent, and links those of a batch', async () => {
  const stored = `00-${traceId}-00f067aa0ba902b7-01`;
  const inside = await inSpan('take', { kind: 'consumer', parent: stored, links: [stored] }, async () =>
    currentTraceparent(),
  );
  assert(inside.startsWith(`00-${traceId}-`));
  const [span] = await waitFor('the span', () => (spans.length > 0 ? spans.splice(0) : undefined));
  assert.equal(span?.parentId, '00f067aa0ba902b7');
  assert.equal(span?.kind, 'CONSUMER');
});

test('F-33: with Zipkin away calls are as good as ever', async () => {
  zipkin.closeAllConnections();
  await new Promise((resolve) => zipkin.close(resolve));
  const calling = await client();
  for (let index = 0; index < 200; index += 1) {
    await calling.getOrder({ orderId: orderId });
  }
  calling.close();
});
