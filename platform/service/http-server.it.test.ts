import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { currentContext } from '#platform/context/context.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';

let server: HttpServer;
const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;

before(async () => {
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    ids: { uuid: () => 'an-id' },
    quiet: { 'GET /livez': async () => ({ status: 200, body: 'ok' }) },
    routes: {
      'POST /echo': async ({ body, url, headers }) => ({
        status: 201,
        headers: { 'x-q': url.searchParams.get('q') ?? '', 'x-sent': String(headers['x-sent']) },
        body,
      }),
      'GET /context': async () => ({ status: 200, body: currentContext()?.correlationId ?? '' }),
      'GET /broken': async () => {
        throw new Error('s3cret at row 7');
      },
    },
  });
});

after(() => server.stop());

test('a route gets body, headers and query as they came, in a context of its own', async () => {
  const body = new Uint8Array([0, 255, 10]);
  const answer = await fetch(at('/echo?q=a%20b'), { method: 'POST', body, headers: { 'x-sent': 'yes' } });
  assert.equal(answer.status, 201);
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), body);
  assert.equal(answer.headers.get('x-q'), 'a b');
  assert.equal(answer.headers.get('x-sent'), 'yes');
  assert.equal(answer.headers.get('x-correlation-id'), 'an-id');
  assert.equal(await (await fetch(at('/context'))).text(), 'an-id');
});

test('S-49: what a route throws is a bare 500', async () => {
  const answer = await fetch(at('/broken'));
  assert.equal(answer.status, 500);
  assert.equal(await answer.text(), '');
});

test('another method, path or spelling is 404; a body beyond 1 MiB is 413', async () => {
  assert.equal((await fetch(at('/echo'))).status, 404);
  assert.equal((await fetch(at('/livez/../echo'), { method: 'PUT' })).status, 404);
  assert.equal((await fetch(at('/LIVEZ'))).status, 404);
  const big = await fetch(at('/echo'), { method: 'POST', body: new Uint8Array(1024 * 1024 + 1) });
  assert.equal(big.status, 413);
  assert.equal((await fetch(at('/livez'))).status, 200);
});
