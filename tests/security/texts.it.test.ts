import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type DescMessage, toJson } from '@bufbuild/protobuf';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { ProductSchema } from '#gen/shopverse/product/v1/product_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { type EdgeMethod, edgeMethods } from '../../gateway/envoy/edge-methods.ts';
import { writtenServices } from '../../local/services/catalogue.ts';
import { edgeUrl } from '../../local/shop/session.ts';
import { loadContracts } from '../../proto/contracts.ts';
import { newCustomer } from '../journeys/testing/customers.ts';
import { openShop } from '../journeys/testing/staff.ts';
import { grpc, refusalOf, stack } from '../journeys/testing/transports.ts';

const SCRIPT = '<script>alert("x")</script><svg onload=alert(1)>';
let shop: Awaited<ReturnType<typeof openShop>>;
before(async () => {
  shop = await openShop();
});

const product = (attributes: Record<string, string>) => ({
  requestId: randomUUID(),
  product: {
    title: SCRIPT,
    description: SCRIPT,
    categoryId: shop.categoryId,
    attributes,
    variants: [{ sku: `S-${randomBytes(6).toString('hex')}`, title: '' }],
  },
});

test('S-36 a key called constructor is a key like any other, and __proto__ none', async () => {
  const made = await shop.products.createProduct(product({ constructor: 'a firm', brand_line: 'b' }));
  const json = toJson(ProductSchema, made.product ?? assert.fail()) as { attributes: object };
  assert.deepEqual(Object.entries(json.attributes).sort(), [
    ['brand_line', 'b'],
    ['constructor', 'a firm'],
  ]);
  const proto = Object.fromEntries([['__proto__', 'polluted']]);
  assert.equal(
    await refusalOf(shop.products.createProduct(product(proto))),
    'INVALID_ARGUMENT INVALID_REQUEST',
  );
  const { product: clean } = await shop.products.createProduct(product({}));
  assert.deepEqual(Object.keys(clean?.attributes ?? {}), []);
});

test('S-36 a page token made of __proto__ is no token', async () => {
  const customer = await newCustomer(grpc);
  for (const made of ['["x",{"__proto__":{"polluted":1}}]', '{"__proto__":["x"]}', '{"constructor":1}']) {
    const pageToken = Buffer.from(made).toString('base64url');
    assert.equal(
      await refusalOf(customer.client(OrderService).listOrders({ pageToken })),
      'INVALID_ARGUMENT PAGE_TOKEN_INVALID',
    );
  }
});

test('S-51 script in a product’s texts comes back as text, under a type that no browser takes for a page', async () => {
  const made = await shop.products.createProduct(product({}));
  const path = `/v1/products/${made.product?.productId}`;
  const answer = await fetch(edgeUrl(stack) + path);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  const { product: read } = (await answer.json()) as { product: { title: string; description: string } };
  assert.equal(read.title, SCRIPT);
  assert.equal(read.description, SCRIPT);
});

test('S-51 a name can add neither a header nor a page to a mail', async () => {
  const users = grpc.client(UserService);
  const registration = () => ({
    requestId: randomUUID(),
    email: `${randomBytes(8).toString('hex')}@texts.example`,
    password: randomBytes(12).toString('base64url'),
  });
  for (const displayName of ['Ada\r\nBcc: all@texts.example', 'Ada\nX: y', 'Ada\u0000', '\r']) {
    const asked = users.register({ ...registration(), displayName });
    assert.equal(await refusalOf(asked), 'INVALID_ARGUMENT INVALID_REQUEST', JSON.stringify(displayName));
  }
  for (const email of [
    'a@texts.example\r\nBcc: b@texts.example',
    'a@texts.example\n',
    '"a\r\n"@texts.example',
  ]) {
    const asked = users.register({ ...registration(), email, displayName: 'Ada' });
    assert.equal(await refusalOf(asked), 'INVALID_ARGUMENT INVALID_REQUEST', JSON.stringify(email));
  }
  const ada = { ...registration(), displayName: `${SCRIPT} {{constructor}} \${7*7}`.slice(0, 80) };
  await users.register(ada);
  const mail = await waitFor('the mail', () => mailTo(ada.email), 30_000);
  const [head = '', ...body] = mail.split('\r\n\r\n');
  assert.match(head, /^Content-Type: text\/plain; charset=utf-8$/m);
  assert.equal(head.split('\r\n').filter((line) => /^To:/.test(line)).length, 1);
  assert.doesNotMatch(body.join('\r\n\r\n'), /\b49\b/);
});

test('S-50 no method that is served takes an address for a server to call', async () => {
  const served = new Set(writtenServices(stack.root).map(({ name }) => name as string));
  const asksForAddress = ({ method }: EdgeMethod) => addressesIn(method.input).length > 0;
  const methods = edgeMethods(await loadContracts());
  const taken = methods.filter(({ domain }) => served.has(domain)).filter(asksForAddress);
  assert.deepEqual(
    taken.map(({ path }) => path),
    [],
  );
  assert.ok(methods.some(asksForAddress), 'the search finds those that are not served yet');
});

/** The fields of a message, at any depth, that are named for an address. */
function addressesIn(message: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(message)) return [];
  seen.add(message);
  return message.fields.flatMap((field) => [
    ...(/(^|_)(ur[il]s?|href|links?|callback|endpoint|webhook)(_|$)/.test(field.name) ? [field.name] : []),
    ...(field.message === undefined ? [] : addressesIn(field.message, seen)),
  ]);
}

async function mailTo(email: string): Promise<string | undefined> {
  const folder = join(stack.state, 'mail', 'new');
  for (const name of (await readdir(folder)).sort().reverse().slice(0, 50)) {
    const mail = await readFile(join(folder, name), 'utf8');
    if (mail.includes(`To: ${email}\r\n`)) return mail;
  }
  return undefined;
}
