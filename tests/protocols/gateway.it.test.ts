import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { issueCertificate } from '#platform/auth/certificate-authority.ts';
import type { ConnectJson } from './testing/outcome.ts';
import { orders, type Shop, startShop } from './testing/shop.ts';

const GET_ORDER = '/shopverse.order.v1.OrderService/GetOrder';
const GET_PRODUCT = '/shopverse.product.v1.ProductService/GetProduct';
const json = { 'content-type': 'application/json' };
let shop: Shop;

before(async () => {
  shop = await startShop();
});
after(() => shop?.close());
beforeEach(() => {
  shop.calls.length = 0;
});

const bearer = async (claims = {}) => ({ authorization: `Bearer ${await shop.mesh.token(claims)}` });
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
  fetch(shop.edge.url + path, { method: 'POST', body, headers: { ...json, ...headers } });
const get = (path: string, message: object, headers = {}) =>
  fetch(
    `${shop.edge.url}${path}?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(message))}`,
    { headers },
  );

test('a call arrives with its user, its guest and its correlation id, and with nothing that the client made up', async () => {
  const guest = 'a-guest-s-secret-0001';
  const forged = { 'x-correlation-id': '01890000-0000-7000-8000-0000000000ff', 'x-user-id': 'root' };
  const headers = { ...(await bearer({ sub: 'user-9' })), ...forged, 'x-shopverse-guest': guest };
  const answer = await post(GET_ORDER, JSON.stringify({ orderId: orders.fine }), headers);
  assert.equal(answer.status, 200);
  const [call] = shop.calls;
  assert.equal(call?.caller.userId, 'user-9');
  assert.equal(call?.caller.guestId, guest);
  assert.equal(call?.caller.service, 'gateway');
  assert.equal(answer.headers.get('x-correlation-id'), call?.correlationId);
  assert.notEqual(call?.correlationId, forged['x-correlation-id']);
});

test('a token that is sent twice is no token', async () => {
  const { authorization } = await bearer();
  const body = JSON.stringify({ orderId: orders.fine });
  const url = new URL(shop.edge.url);
  const socket = connectTcp(Number(url.port), url.hostname);
  const lines = [
    `POST ${GET_ORDER} HTTP/1.1`,
    ...['host: a', 'content-type: application/json', 'connection: close', `content-length: ${body.length}`],
    ...[
      `authorization: ${authorization}`,
      `authorization: Bearer ${await shop.mesh.token({ sub: 'other' })}`,
    ],
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  assert.match(answer, /^HTTP\/1\.1 401 /);
  assert.equal(shop.calls.length, 0);
});

test('caches may keep what the contract says, of a caller of whom nothing is known; nothing else', async () => {
  const product = { productId: orders.fine };
  const anonymous = await get(GET_PRODUCT, product);
  assert.equal(anonymous.headers.get('cache-control'), 'public, max-age=30');
  assert.match(anonymous.headers.get('vary') ?? '', /authorization.*x-shopverse-guest/i);
  for (const answer of [
    await get(GET_PRODUCT, product, await bearer()),
    await get(GET_PRODUCT, product, { 'x-shopverse-guest': 'a-guest-s-secret-0001' }),
    await get(GET_PRODUCT, {}),
    await get(GET_ORDER, { orderId: orders.fine }, await bearer()),
  ]) {
    assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  }
});

test('GET changes nothing: only what is without side effects has one', async () => {
  const answer = await get('/shopverse.order.v1.OrderService/PlaceOrder', {}, await bearer());
  assert.equal(answer.status, 501);
});

test('S-34: what is too large unpacked, or too deep, is refused, and the next call is answered', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const headers = { ...(await bearer()), 'content-encoding': 'gzip' };
  const packed = await post(GET_ORDER, new Uint8Array(bomb), headers);
  assert.equal(((await packed.json()) as { code: string }).code, 'resource_exhausted');
  const deep = `{"orderId":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  assert.equal((await post(GET_ORDER, deep, await bearer())).status, 400);
  const rest = await post(
    '/v1/orders',
    `{"fulfilment":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_001)}`,
    await bearer(),
  );
  assert.equal(rest.status, 400);
  assert.equal((await post(GET_ORDER, JSON.stringify({ orderId: orders.fine }), await bearer())).status, 200);
});

test('S-36: __proto__ and constructor come in by every door of JSON, and change no object but their own', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const poison = '"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}';
  const order = `{${poison},"orderId":"${orders.fine}"}`;
  const token = await bearer();
  const frame = Buffer.alloc(5 + Buffer.byteLength(order));
  frame.writeUInt32BE(Buffer.byteLength(order), 1);
  frame.write(order, 5);
  const stream = GET_ORDER.replace('GetOrder', 'WatchOrder');
  const attribute = `{"requestId":"${orders.fine}","product":{"title":"t","attributes":{"__proto__":"yes","constructor":"yes"}}}`;
  const catalogue = await bearer({ roles: ['catalogue'] });
  const doors = [
    await post(GET_ORDER, order, token),
    await post(stream, new Uint8Array(frame), { ...token, 'content-type': 'application/connect+json' }),
    await fetch(
      `${shop.edge.url}${GET_PRODUCT}?connect=v1&encoding=json&message=${encodeURIComponent(`{${poison}}`)}`,
    ),
    await post('/v1/orders', order, token),
    await fetch(
      `${shop.edge.url}/v1/orders/${orders.fine}?__proto__.polluted=yes&constructor.prototype.polluted=yes`,
      { headers: token },
    ),
    await post('/shopverse.product.v1.ProductService/CreateProduct', attribute, catalogue),
    await post('/v1/products', attribute, catalogue),
  ];
  for (const door of doors) {
    assert.ok([200, 400].includes(door.status), `${door.url}: ${door.status}`);
    assert.doesNotMatch(await door.text(), /polluted/, door.url);
  }
  // The gateway and the services run in this process: what is polluted there is so here.
  assert.equal(({} as { polluted?: string }).polluted, undefined);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  assert.equal((await post(GET_ORDER, JSON.stringify({ orderId: orders.fine }), token)).status, 200);
});

test('S-51: what the edge answers is what it says it is, and no page that a browser could make of it', async () => {
  const answers = [
    await post(GET_ORDER, JSON.stringify({ orderId: '<script>alert(1)</script>' }), await bearer()),
    await fetch(`${shop.edge.url}/v1/orders/%3Cscript%3E`, { headers: await bearer() }),
    await fetch(`${shop.edge.url}/<script>alert(1)</script>`),
    await fetch(`${shop.edge.url}/docs/<script>`),
  ];
  for (const answer of answers) {
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', answer.url);
    assert.doesNotMatch(answer.headers.get('content-type') ?? '', /html/, answer.url);
  }
  const page = await fetch(`${shop.edge.url}/docs?"><script>alert(1)</script>`);
  assert.doesNotMatch(await page.text(), /alert\(1\)/);
  assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/);
});

test('a request that can not be read is refused as one that breaks its rules, with what is wrong', async () => {
  for (const [body, type] of [
    ['{"orderId":7}', 'application/json'],
    ['{', 'application/json'],
    ['\u0001\u0002', 'application/proto'],
  ] as const) {
    const answer = await post(GET_ORDER, body, { ...(await bearer()), 'content-type': type });
    assert.equal(answer.status, 400);
    const { code, message, details } = (await answer.json()) as ConnectJson;
    assert.equal(code, 'invalid_argument');
    assert.equal(message, 'The request breaks its rules.');
    assert.deepEqual(
      details?.map((detail) => detail.type),
      ['google.rpc.ErrorInfo', 'google.rpc.BadRequest'],
    );
  }
});

test('S-44: the gateway takes calls from the edge, from no other workload and from nobody', async () => {
  const { authority } = shop.mesh;
  const call = async (pem?: string) => {
    const shown = pem === undefined ? {} : { key: pem, cert: pem };
    const options = { ca: authority.certificate, ...shown, checkServerIdentity: () => undefined };
    const session = connectH2(`https://127.0.0.1:${shop.frontPort}`, options);
    try {
      const request = session.request({ ':method': 'POST', ':path': GET_PRODUCT, ...json });
      request.end('{}');
      const failed = once(session, 'error').then(([error]) => Promise.reject(error));
      const [headers] = await Promise.race([once(request, 'response'), failed]);
      return headers[':status'];
    } finally {
      session.destroy();
    }
  };
  assert.equal(await call(issueCertificate(authority, 'edge')), 400);
  await assert.rejects(call(issueCertificate(authority, 'order')));
  await assert.rejects(call());
});

test('the page to try the API comes whole from the edge, and may load nothing from elsewhere', async () => {
  const page = await fetch(`${shop.edge.url}/docs`);
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/);
  const html = await page.text();
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  assert.equal(assets.length, 3);
  for (const path of [...assets, '/openapi.json']) {
    assert.match(path, /^\//);
    assert.equal((await fetch(shop.edge.url + path)).status, 200, path);
  }
  assert.equal((await fetch(`${shop.edge.url}/docs/../metrics`)).status, 404);
  assert.equal((await fetch(`${shop.edge.url}/docs/nothing`)).status, 404);
});
