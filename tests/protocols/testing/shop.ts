import { once } from 'node:events';
import { ErrorReason, ErrorReasonSchema, Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { issueCertificate } from '#platform/auth/certificate-authority.ts';
import { refusal } from '#platform/errors/refusal.ts';
import { bind, type Call, type Handlers } from '#platform/rpc/bind.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';
import { type RunningEdge, runEdge } from '../../../gateway/testing/run-edge.ts';
import { loadContracts } from '../../../proto/contracts.ts';
import { connectEdge } from '../../../services/gateway/connect/connect-edge.ts';
import { docsRoutes } from '../../../services/gateway/docs-page.ts';

/** A service of the kernel's own and the real gateway, behind the real edge. */
export type Shop = {
  readonly edge: RunningEdge;
  readonly mesh: TestMesh;
  /** Where the gateway listens for the edge. */
  readonly frontPort: number;
  /** The calls that reached the service. */
  readonly calls: Call[];
  close(): Promise<void>;
};

/** Orders, by how the service answers for them. */
export const orders = {
  fine: '01890000-0000-7000-8000-000000000001',
  refused: '01890000-0000-7000-8000-000000000002',
  slow: '01890000-0000-7000-8000-000000000003',
} as const;

/** Starts an order service, the gateway and Envoy, on free ports. */
export async function startShop(): Promise<Shop> {
  const mesh = await testMesh(['order', 'product', 'gateway']);
  const stopping = new AbortController();
  const calls: Call[] = [];
  const contracts = await loadContracts();
  const order = await mesh.start('order', () => ({ rpc: [bind(OrderService, handlers(calls))] }));
  const product = await mesh.start('product', () => ({ rpc: [bind(ProductService, productHandlers())] }));
  const gateway = await mesh.start('gateway', (runtime) => ({
    rpc: [],
    routes: docsRoutes,
    front: connectEdge(contracts, runtime, stopping.signal),
  }));
  const ports = ({ grpcPort, httpPort, frontPort }: typeof order) => ({
    ...{ grpc: grpcPort, http: httpPort },
    ...(frontPort === undefined ? {} : { front: frontPort }),
  });
  const keys = Number(new URL(mesh.jwksUrl).port);
  const edge = await runEdge(
    {
      order: ports(order),
      product: ports(product),
      gateway: ports(gateway),
      user: { grpc: keys, http: keys },
    },
    { jwksUrl: mesh.jwksUrl, corsOrigins: ['https://shop.example'] },
    { own: issueCertificate(mesh.authority, 'edge'), authority: mesh.authority.certificate },
  );
  return {
    edge,
    frontPort: gateway.frontPort ?? 0,
    mesh,
    calls,
    async close() {
      stopping.abort();
      await edge.stop();
      await mesh.close();
    },
  };
}

function handlers(calls: Call[]): Handlers<typeof OrderService> {
  const unused = OrderService.methods.map(({ localName }) => [localName, () => never()]);
  return {
    ...(Object.fromEntries(unused) as Handlers<typeof OrderService>),
    async getOrder({ orderId }, call) {
      calls.push(call);
      await behave(orderId, call);
      return { order: { orderId, state: Order_State.PAID } };
    },
    async *watchOrder({ orderId }, call) {
      calls.push(call);
      for (const state of [Order_State.PLACED, Order_State.CONFIRMED, Order_State.PAID]) {
        yield { order: { orderId, state } };
      }
      await behave(orderId, call);
    },
    async placeOrder() {
      return {};
    },
  };
}

function productHandlers(): Handlers<typeof ProductService> {
  const unused = ProductService.methods.map(({ localName }) => [localName, () => never()]);
  return {
    ...(Object.fromEntries(unused) as Handlers<typeof ProductService>),
    async getProduct({ productId }) {
      return { product: { productId } };
    },
  };
}

async function behave(orderId: string, { signal }: Call): Promise<void> {
  if (orderId === orders.refused) {
    throw refusal(ErrorReasonSchema, ErrorReason.TOO_MANY_OPEN_ORDERS, 'Too many: 100 %, é.', {
      metadata: { open: '7' },
      fields: [{ field: 'order_id', description: 'is one too many' }],
      retryAfterMs: 1500,
    });
  }
  if (orderId === orders.slow) {
    await once(signal, 'abort');
  }
}

function never(): never {
  throw new Error('no test calls this');
}
