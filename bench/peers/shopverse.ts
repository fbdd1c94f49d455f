import { randomBytes, randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { Order_State, Order_StateSchema } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { memoryOf } from '../../local/process-table.ts';
import { ensurePeople, signInAs } from '../../local/shop/accounts.ts';
import { importCatalogue } from '../../local/shop/catalogue.ts';
import { edgeUrl } from '../../local/shop/session.ts';
import { bookStock } from '../../local/shop/stock.ts';
import type { Stack } from '../../local/stack.ts';
import { recall } from '../../local/supervisor/child.ts';
import { partsCpu } from '../parts-cpu.ts';
import { type JsonCalls, jsonCalls } from './json-calls.ts';
import { type PeerProduct, wordOf } from './products.ts';
import type { Shop } from './shop.ts';

/** More than check out at a time: a cart is emptied shortly after its order is paid. */
const CUSTOMERS = 24;
const LIST = '/v1/products:search?pageSize=10&skipFacets=true';
const PAGES = 20;
const RENEW_MS = 120_000;
const PATIENCE_MS = 60_000;
const FULFILMENT = {
  method: 'METHOD_DELIVERY',
  address: {
    recipient: 'Ada Traveller',
    lines: ['1 Journey Lane'],
    city: 'Springfield',
    postalCode: '12345',
    countryCode: 'US',
  },
};

/**
 * The running stack, through Envoy, in JSON as the peers speak it; only the wait for an order's payment is a stream over
 * gRPC. Products that it lacks are imported.
 */
export async function openShopverse(stack: Stack, products: readonly PeerProduct[]): Promise<Shop> {
  // What is loaded last tells whether all of it is there.
  const stock = outsideClient(InventoryService, stack.ports.edge, { timeoutMs: PATIENCE_MS });
  const { availabilities } = await stock.batchGetAvailability({ skus: [products.at(-1)?.sku ?? ''] });
  stock.close();
  if (availabilities[0]?.available === 0n) await load(stack, products);
  const http = jsonCalls(edgeUrl(stack));
  const { body } = await http.call<{ totalCount?: string | number }>('GET', '/v1/products:search?pageSize=1');
  const customers = await register(stack);
  const pages = await pageTokens(http);
  let renewed = 0;
  return {
    name: 'ShopVerse',
    products: Number(body.totalCount ?? 0),
    call: calls(http, customers, pages, products),
    async prepare() {
      if (Date.now() - renewed < RENEW_MS) return;
      renewed = Date.now();
      for (const customer of customers) await customer.signIn();
    },
    cpu: () => partsCpu(stack),
    memory() {
      const pids = globSync(join(stack.state, 'run/*.json')).map((file) => recall(file)?.pid ?? 0);
      return [...memoryOf(pids).values()].reduce((sum, each) => sum + each, 0);
    },
    async close() {
      http.close();
      for (const customer of customers) customer.close();
    },
  };
}

/** Under names of their own, so that the whole catalogue can still be loaded later. */
async function load(stack: Stack, products: readonly PeerProduct[]): Promise<void> {
  await ensurePeople(stack);
  const quietly = () => undefined;
  const name = `peers ${products.length}`;
  await importCatalogue(await signInAs(stack, 'catalogue'), products, quietly, name);
  await bookStock(await signInAs(stack, 'warehouse'), products, quietly, name);
  // The carts learn of new products by the catalogue's facts.
  const carts = outsideClient(CartService, stack.ports.edge, { guestId: randomUUID() });
  const sku = products.at(-1)?.sku ?? '';
  await waitFor(
    'the carts to know the products',
    () =>
      carts.addItem({ requestId: randomUUID(), sku, quantity: 1 }).then(
        () => true,
        () => false,
      ),
    60_000,
  );
  carts.close();
}

type Customer = {
  authorization(): Record<string, string>;
  signIn(): Promise<void>;
  /** Resolves when the order is paid. Throws when it comes to another end. */
  untilPaid(orderId: string): Promise<void>;
  close(): void;
};

/** Customers with an account, who sign in when they are told to. */
async function register(stack: Stack): Promise<Customer[]> {
  const users = outsideClient(UserService, stack.ports.edge, { timeoutMs: PATIENCE_MS });
  const run = randomBytes(4).toString('hex');
  const customers: Customer[] = [];
  for (let number = 0; number < CUSTOMERS; number++) {
    const email = `peer-${run}-${number}@bench.example`;
    const password = randomBytes(12).toString('base64url');
    await users.register({ requestId: randomUUID(), email, displayName: 'Ada Traveller', password });
    let token = '';
    let orders = outsideClient(OrderService, stack.ports.edge);
    customers.push({
      authorization: () => ({ authorization: `Bearer ${token}` }),
      async signIn() {
        const { tokens } = await users.logIn({ email, password, deviceName: 'bench' });
        token = tokens?.accessToken ?? '';
        orders.close();
        orders = outsideClient(OrderService, stack.ports.edge, { token, timeoutMs: PATIENCE_MS });
      },
      async untilPaid(orderId) {
        let state: Order_State = Order_State.UNSPECIFIED;
        for await (const { order } of orders.watchOrder({ orderId, untilPaid: true })) {
          state = order?.state ?? state;
        }
        if (state !== Order_State.PAID)
          throw new Error(`${orderId} came to ${Order_StateSchema.value[state]?.localName}.`);
      },
      close() {
        orders.close();
        users.close();
      },
    });
  }
  return customers;
}

/** The tokens of the first pages of the whole catalogue, the first page's being none. */
async function pageTokens(http: JsonCalls): Promise<string[]> {
  const tokens = [''];
  while (tokens.length < PAGES) {
    const path = `${LIST}&pageToken=${encodeURIComponent(tokens.at(-1) ?? '')}`;
    const { body } = await http.call<{ nextPageToken?: string }>('GET', path);
    if (!body.nextPageToken) break;
    tokens.push(body.nextPageToken);
  }
  return tokens;
}

function calls(
  http: JsonCalls,
  customers: readonly Customer[],
  pages: readonly string[],
  products: readonly PeerProduct[],
): Shop['call'] {
  const one = (number: number) => products[(number * 7) % products.length] as PeerProduct;
  const add = async (number: number, headers: Record<string, string>) => {
    const item = { requestId: randomUUID(), sku: one(number).sku, quantity: 1 };
    const { body } = await http.call<{ cart: { cartId: string } }>('POST', '/v1/cart/items', item, headers);
    return body.cart.cartId;
  };
  const adding: string[] = [];
  let next = 0;
  return {
    async list(_worker, number) {
      const token = encodeURIComponent(pages[number % pages.length] ?? '');
      await http.call('GET', `${LIST}&pageToken=${token}`);
    },
    async search(_worker, number) {
      const word = wordOf(one(number));
      const { body } = await http.call<{ totalCount?: number }>('GET', `${LIST}&query=${word}`);
      if (!body.totalCount) throw new Error(`ShopVerse found nothing for ${word}.`);
    },
    async detail(_worker, number) {
      const { sku } = one(number);
      await Promise.all([
        http.call('GET', `/v1/products/${sku}`),
        http.call('GET', `/v1/availability?skus=${sku}`),
      ]);
    },
    async add(worker, number) {
      const known = adding[worker];
      const guest = known === undefined || number % 5 === 0 ? randomUUID() : known;
      adding[worker] = guest;
      await add(number, { 'x-shopverse-guest': guest });
    },
    async checkout(_worker, number) {
      const customer = customers[next++ % customers.length] as Customer;
      const headers = customer.authorization();
      await add(number, headers);
      const cartId = await add(number + 1, headers);
      const placed = await http.call<{ order: { orderId: string } }>(
        'POST',
        '/v1/orders',
        { requestId: randomUUID(), cartId, paymentMethodToken: 'pm_card_visa', fulfilment: FULFILMENT },
        headers,
      );
      await customer.untilPaid(placed.body.order.orderId);
    },
  };
}
