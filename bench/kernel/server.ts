import { type DescMethod, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { AddItemResponseSchema, CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Handlers, requireUser } from '#platform/rpc/bind.ts';
import { encode } from '#platform/rpc/codec.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import { cartOf, migrations, type Tables, writeDown } from './cart.ts';

// One of the two servers that bench/kernel.ts compares, in a process of its own: `bare` is grpc-js and protobuf-es and
// nothing else; `kernel` is the same handler behind all that a service has.

/** What the client is told: where to call, and with what. */
export type Ready = {
  readonly port: number;
  readonly token?: string;
  readonly trust?: string;
  readonly certificate?: string;
};

const database = await testDatabase<Tables>(migrations, { service: 'cart' });
const { ready, stop } = process.argv[2] === 'bare' ? await bare() : await withKernel();
process.send?.(ready);
process.once('message', () => {
  void stop()
    .then(() => database.drop())
    .then(() => process.exit(0));
});

async function bare(): Promise<{ ready: Ready; stop(): Promise<void> }> {
  const server = new Server();
  const { getCart, addItem } = CartService.method;
  const serve = <M extends DescMethod>(
    method: M,
    handler: (request: MessageShape<M['input']>) => Promise<MessageInitShape<M['output']>>,
  ) =>
    server.register(
      `/${CartService.typeName}/${method.name}`,
      ((call, answer) => {
        handler(call.request).then((value) => answer(null, value), answer);
      }) satisfies handleUnaryCall<MessageShape<M['input']>, MessageInitShape<M['output']>>,
      (value: MessageInitShape<M['output']>) => encode(method.output, value),
      (bytes: Buffer) => fromBinary(method.input, bytes) as MessageShape<M['input']>,
      'unary',
    );
  serve(getCart, async () => ({ cart: cartOf('user-1') }));
  serve(addItem, async (request) => {
    await database.transaction((tx) => writeDown(tx, request));
    return { cart: cartOf('user-1') };
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { ready: { port }, stop: async () => server.forceShutdown() };
}

async function withKernel(): Promise<{ ready: Ready; stop(): Promise<void> }> {
  const { zipkin } = stackCoordinates() as unknown as { zipkin: { url: string } };
  const mesh = await testMesh(['cart']);
  const unused = async () => {
    throw new Error('Not a part of this bench.');
  };
  const handlers: Handlers<typeof CartService> = {
    getCart: async (_request, call) => ({ cart: cartOf(requireUser(call)) }),
    addItem: (request, call) =>
      idempotent(database, call, request, AddItemResponseSchema, async (tx) => {
        await writeDown(tx, request);
        return { cart: cartOf(requireUser(call)) };
      }),
    removeItem: unused,
    clearCart: unused,
    mergeGuestCart: unused,
    applyCoupon: unused,
    removeCoupon: unused,
    quoteCart: unused,
    createCoupon: unused,
    getCoupon: unused,
  };
  const service = await mesh.start('cart', () => ({ rpc: [bind(CartService, handlers)] }), {
    ZIPKIN_URL: `${zipkin.url}/api/v2/spans`,
    TRACE_SAMPLE_RATIO: 0.1,
    LOG_LEVEL: 'info',
  });
  return {
    ready: {
      port: service.grpcPort,
      token: await mesh.token(),
      trust: mesh.authority.certificate,
      certificate: mesh.certificateOf('edge'),
    },
    stop: () => mesh.close(),
  };
}
