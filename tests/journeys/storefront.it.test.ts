import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import {
  MissingPart_Reason as Missing,
  type MissingPart,
  PagePart,
  StorefrontService,
} from '#gen/shopverse/gateway/v1/storefront_service_pb.ts';
import { Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { edgeUrl } from '../../local/shop/session.ts';
import { openStage, type Stage } from '../chaos/stage.ts';
import { fillCart, PATIENCE_MS, place, watchUntil, whenOnSale } from './testing/checkout.ts';
import { type Customer, newCustomer } from './testing/customers.ts';
import { openShop } from './testing/staff.ts';
import { grpc, grpcWeb, refusalOf, stack } from './testing/transports.ts';

let stage: Stage;
let customer: Customer;
let shop: Awaited<ReturnType<typeof openShop>>;
let sku: string;
let productId: string;
const frozen: string[] = [];

before(async () => {
  stage = openStage(stack);
  shop = await openShop();
  customer = await newCustomer(grpc);
  sku = await shop.newProduct({ price: 1250n, onHand: 7 });
  await shop.newProduct({ price: 900n, onHand: 0 });
  productId = await waitFor(
    'the product to be found',
    async () => {
      const { newest } = await pages().getHomePage({});
      return newest.find(({ variants }) => variants[0]?.sku === sku)?.productId;
    },
    PATIENCE_MS,
  );
});
after(async () => {
  await thawAll();
  await stage?.close();
});

const pages = (token?: string) => grpcWeb.client(StorefrontService, token === undefined ? {} : { token });

/** Asks for a page until nothing of it is missing, as a loaded machine may be late with a part. */
function whole<P extends { readonly missing: readonly MissingPart[] }>(ask: () => Promise<P>): Promise<P> {
  return missingOnly([], ask);
}

/** Asks for a page until these parts of it are missing and no others, because their service is away or late. */
function missingOnly<P extends { readonly missing: readonly MissingPart[] }>(
  parts: readonly PagePart[],
  ask: () => Promise<P>,
): Promise<P> {
  return waitFor(
    `a page without ${parts.join(', ') || 'nothing'}`,
    async () => {
      const page = await ask();
      return page.missing.map(({ part }) => part).join() === parts.join() && page;
    },
    PATIENCE_MS,
  );
}

const AWAY: readonly Missing[] = [Missing.LATE, Missing.UNAVAILABLE];

/** Stops every instance of a service where it is: it listens, and answers nothing. */
async function freeze(service: string): Promise<void> {
  for (const unit of await stage.units(service)) {
    frozen.push(unit);
    await stage.signal(unit, 'SIGSTOP');
  }
}
async function thawAll(): Promise<void> {
  for (const unit of frozen.splice(0)) await stage.signal(unit, 'SIGCONT');
}

test('the pages join what their services say, in one call', async () => {
  const home = await whole(() => pages().getHomePage({}));
  assert.ok(home.categories.some(({ categoryId }) => categoryId === shop.categoryId));
  assert.equal(home.availabilities.find((each) => each.sku === sku)?.available, 7n);

  const page = await whole(() => pages().getProductPage({ productId }));
  assert.equal(page.product?.variants[0]?.sku, sku);
  assert.deepEqual(
    page.availabilities.map(({ available }) => available),
    [7n],
  );
  assert.ok(page.related.length > 0 && page.related.length <= 12);
  assert.ok(page.related.every((other) => other.productId !== productId));
  assert.equal(
    await refusalOf(pages().getProductPage({ productId: 'no-such-thing' })),
    'NOT_FOUND PRODUCT_NOT_FOUND',
  );
});

test('S-13 a guest’s and a customer’s cart are each their own, an order has its payment, and another’s is not found', async () => {
  const guestId = randomUUID();
  await whenOnSale(() =>
    grpc.client(CartService, { guestId }).addItem({ requestId: randomUUID(), sku, quantity: 2 }),
  );
  const guest = grpcWeb.client(StorefrontService, { guestId });
  const filled = await whole(() => guest.getCartPage({}));
  assert.deepEqual(
    filled.cart?.lines.map((line) => [line.sku, line.quantity]),
    [[sku, 2]],
  );
  assert.deepEqual(
    filled.products.map((product) => product.productId),
    [productId],
  );
  assert.equal(filled.availabilities[0]?.available, 7n);
  const own = pages(customer.tokens.accessToken);
  const empty = await own.getCartPage({});
  assert.deepEqual([empty.cart?.lines, empty.products, empty.missing], [[], [], []]);

  const { orderId } = await place(customer, await fillCart(customer, { lines: [{ sku, quantity: 1 }] }));
  await watchUntil(customer, orderId, Order_State.PAID);
  const bought = await whole(() => own.getOrderPage({ orderId }));
  assert.equal(bought.order?.orderId, orderId);
  assert.deepEqual(
    bought.payments.map((payment) => payment.orderId),
    [orderId],
  );
  const stranger = pages((await newCustomer(grpc)).tokens.accessToken);
  const theirs = await refusalOf(stranger.getOrderPage({ orderId }));
  assert.match(theirs, /^NOT_FOUND /);
  assert.equal(theirs, await refusalOf(stranger.getOrderPage({ orderId: randomUUID() })));
  assert.match(await refusalOf(pages().getOrderPage({ orderId })), /^UNAUTHENTICATED /);
});

test('a page whose part hangs or is killed comes without it, says so, and is kept by no cache', async () => {
  const message = encodeURIComponent(JSON.stringify({ productId }));
  const path = `${StorefrontService.typeName}/GetProductPage?connect=v1&encoding=json&message=${message}`;
  const kept = async () => {
    const answer = await fetch(`${edgeUrl(stack)}/${path}`);
    const { missing = [] } = (await answer.json()) as { missing?: { part: string }[] };
    return { parts: missing.map(({ part }) => part), cache: answer.headers.get('cache-control') };
  };
  await waitFor(
    'a whole page, which caches may keep',
    async () => (await kept()).cache === 'public, max-age=5',
    PATIENCE_MS,
  );

  await freeze('inventory');
  const page = await missingOnly([PagePart.AVAILABILITY], () => pages().getProductPage({ productId }));
  assert.equal(page.product?.productId, productId);
  assert.ok(page.related.length > 0);
  assert.deepEqual(page.availabilities, []);
  assert.ok(
    page.missing.every(({ reason }) => AWAY.includes(reason)),
    `${page.missing[0]?.reason}`,
  );
  const { parts, cache } = await kept();
  assert.ok(parts.includes('PAGE_PART_AVAILABILITY'));
  assert.equal(cache, 'private, no-store');
  await thawAll();

  for (const unit of await stage.units('inventory')) await stage.kill(unit);
  const away = await pages().getProductPage({ productId });
  assert.equal(away.product?.productId, productId);
  assert.ok(away.missing.every(({ reason }) => AWAY.includes(reason)));
  await whole(() => pages().getProductPage({ productId }));
});

test('what follows from a missing part is named too; without its main part a page is refused', async () => {
  await freeze('product');
  const home = await missingOnly([PagePart.CATEGORIES, PagePart.NEWEST, PagePart.AVAILABILITY], () =>
    pages().getHomePage({}),
  );
  const [, , availability] = home.missing;
  assert.equal(availability?.reason, Missing.UNKNOWN_WITHOUT_ANOTHER);
  const refused = await refusalOf(pages().getProductPage({ productId }));
  assert.match(refused, /^(DEADLINE_EXCEEDED DEADLINE_EXCEEDED|UNAVAILABLE UNAVAILABLE)$/);
  await thawAll();
  await whole(() => pages().getHomePage({}));
});
