import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { ApiAnswer, ApiRequest } from './api.ts';
import type { Journal } from './journal.ts';

/** A simulator that is listening. */
export type Listening = { readonly port: number; close(): Promise<void> };

const maxBodyBytes = 64 * 1024;
/** A client that is never answered is cut off after this long, so that it can't pile up connections. */
const patienceMs = 60_000;

/**
 * Serves the API on loopback, and beside it, for tests and the operator: GET /journal, POST /admin/down?seconds=n
 * (the API's connections are cut until then), POST /admin/up, GET /readyz.
 */
export async function listen(options: {
  readonly port: number;
  readonly journal: Journal;
  readonly api: (request: ApiRequest) => Promise<ApiAnswer>;
  readonly onError: (error: unknown) => void;
}): Promise<Listening> {
  let downUntil = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /readyz':
      case 'GET /livez':
        return send(response, 200, { status: 'ok' });
      case 'GET /journal':
        await options.journal.durable();
        response.writeHead(200, { 'content-type': 'application/jsonl' });
        return pipeline(options.journal.read(), response);
      case 'POST /admin/down':
        downUntil = Date.now() + 1000 * Number(url.searchParams.get('seconds') ?? '0');
        return send(response, 200, { down_until: new Date(downUntil).toISOString() });
      case 'POST /admin/up':
        downUntil = 0;
        return send(response, 200, { down_until: null });
    }
    if (Date.now() < downUntil) {
      request.socket.destroy();
      return;
    }
    const answer = await options.api({
      method: request.method ?? '',
      url,
      authorization: request.headers.authorization,
      key: header(request, 'idempotency-key'),
      body: await readBody(request),
    });
    if (answer === 'never') {
      setTimeout(() => response.destroy(), patienceMs).unref();
      return;
    }
    send(response, answer.status, answer.body);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.onError(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) {
      throw new Error('The body is too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
