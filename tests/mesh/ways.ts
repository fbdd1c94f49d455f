import { randomUUID } from 'node:crypto';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { AnalyticsService } from '#gen/shopverse/analytics/v1/analytics_service_pb.ts';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { PEOPLE, type Person, passwordOf } from '../../local/shop/accounts.ts';
import { anonymous, edgeUrl } from '../../local/shop/session.ts';
import type { Stack } from '../../local/stack.ts';

/** Who takes a call to its service: the edge itself, or the gateway, which has it from the edge and calls without a proxy. */
export type Way = 'edge' | 'gateway';
export const WAYS: readonly Way[] = ['edge', 'gateway'];

/** One kind of call; rejects when it fails. */
export type Call = (headers?: Readonly<Record<string, string>>) => Promise<unknown>;

/** A call as its client saw it. */
export type Outcome = { readonly code: string; readonly ms: number };

/** Longer nobody waits. */
const TIMEOUT_MS = 10_000;

/** A read of the catalogue, which needs no catalogue and no token. */
export function readCatalogue(stack: Stack, way: Way): Call {
  const products = createClient(ProductService, transport(stack, way));
  return (headers = {}) => products.listCategories({}, { headers, timeoutMs: TIMEOUT_MS });
}

/** A call to each service, some of them mutations that may be repeated, made by people who may. The people must be there. */
export async function callsOfAll(stack: Stack, way: Way): Promise<ReadonlyMap<string, Call>> {
  const to = <S extends DescService>(service: S): Client<S> => createClient(service, transport(stack, way));
  const as = async (person: Person) => ({
    authorization: `Bearer ${await tokenOf(stack, person)}`,
  });
  const [customer, analyst, support] = await Promise.all([as('customer'), as('analyst'), as('support')]);
  const guest = { 'x-shopverse-guest': randomUUID() };
  const [users, products, carts, orders] = [
    to(UserService),
    to(ProductService),
    to(CartService),
    to(OrderService),
  ];
  const [stock, payments, numbers] = [to(InventoryService), to(PaymentService), to(AnalyticsService)];
  const within = (headers: Readonly<Record<string, string>>) => ({ headers, timeoutMs: TIMEOUT_MS });
  const range = { startTime: { seconds: 1_700_000_000n }, endTime: { seconds: 1_700_003_600n } };
  return new Map<string, Call>([
    ['user: ListSessions', () => users.listSessions({}, within(customer))],
    ['product: ListCategories', () => products.listCategories({}, within({}))],
    ['cart: GetCart', () => carts.getCart({}, within(guest))],
    ['cart: ClearCart', () => carts.clearCart({ requestId: randomUUID() }, within(guest))],
    ['order: ListOrders', () => orders.listOrders({}, within(customer))],
    ['inventory: BatchGetAvailability', () => stock.batchGetAvailability({ skus: ['NONE'] }, within({}))],
    ['payment: ListPayments', () => payments.listPayments({}, within(support))],
    ['analytics: GetSalesSummary', () => numbers.getSalesSummary({ range }, within(analyst))],
  ]);
}

/** Makes one call and says what became of it. */
export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  const began = performance.now();
  const first = await codeOf(call);
  // HTTP/2's word for a call that nobody looked at. gRPC's own clients make it again by themselves, this one doesn't.
  const code = first.includes('NGHTTP2_REFUSED_STREAM') ? await codeOf(call) : first;
  return { code, ms: performance.now() - began };
}

async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'OK';
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return `${Code[code]}: ${rawMessage}`;
  }
}

/** So many calls, some at once. */
export async function many(call: () => Promise<unknown>, count: number, atOnce = 8): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const lanes = Array.from({ length: atOnce }, async (_, lane) => {
    for (let made = lane; made < count; made += atOnce) outcomes.push(await outcomeOf(call));
  });
  await Promise.all(lanes);
  return outcomes;
}

/** Makes each of these calls over and over, until stopped. */
export function steadily(calls: ReadonlyMap<string, Call>): {
  stop(): Promise<ReadonlyMap<string, Outcome[]>>;
} {
  let going = true;
  const seen = new Map<string, Outcome[]>([...calls.keys()].map((name) => [name, []]));
  const lanes = [...calls].map(async ([name, call]) => {
    while (going) seen.get(name)?.push(await outcomeOf(() => call()));
  });
  return {
    async stop() {
      going = false;
      await Promise.all(lanes);
      return seen;
    },
  };
}

function transport(stack: Stack, way: Way): Transport {
  const options = { baseUrl: edgeUrl(stack), httpVersion: '2' } as const;
  return way === 'edge' ? createGrpcTransport(options) : createConnectTransport(options);
}

async function tokenOf(stack: Stack, person: Person): Promise<string> {
  const { email } = PEOPLE[person];
  const login = { email, password: passwordOf(stack, person), deviceName: 'mesh' };
  const { tokens } = await anonymous(stack, UserService).logIn(login);
  if (tokens === undefined) throw new Error(`${email} was logged in without tokens.`);
  return tokens.accessToken;
}
