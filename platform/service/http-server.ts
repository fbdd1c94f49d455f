import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { nobody, runInContext } from '#platform/context/context.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Ids } from '#platform/ports.ts';
import { inSpan } from '#platform/telemetry/span.ts';
import type { HttpHandler, HttpResponse } from './http-handler.ts';
import { listen } from './listen.ts';

/** A plain HTTP server of a few exact routes. */
export type HttpServer = {
  readonly port: number;
  /** Takes no more requests and resolves when the last is answered. */
  stop(): Promise<void>;
};

const maxBodyBytes = 1024 * 1024;

/** Serves routes by `METHOD /path`. `quiet` ones are neither traced nor given a context: they're asked all the time. */
export async function startHttpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: Readonly<Record<string, HttpHandler>>;
  readonly quiet: Readonly<Record<string, HttpHandler>>;
  readonly log: Logger;
  readonly ids: Ids;
}): Promise<HttpServer> {
  const routes = new Map(Object.entries(options.routes));
  const quiet = new Map(Object.entries(options.quiet));

  async function answer(incoming: IncomingMessage): Promise<HttpResponse> {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const route = `${incoming.method} ${url.pathname}`;
    const silent = quiet.get(route);
    const handler = silent ?? routes.get(route);
    if (handler === undefined) {
      return { status: 404, body: '' };
    }
    const body = await readBody(incoming);
    if (body === undefined) {
      return { status: 413, body: '', headers: { connection: 'close' } };
    }
    const request = { headers: incoming.headers, body, url };
    if (silent !== undefined) {
      return silent(request);
    }
    const correlationId = options.ids.uuid();
    const attributes = { 'http.request.method': incoming.method ?? '', 'http.route': url.pathname };
    const answered = await runInContext({ correlationId, caller: nobody }, () =>
      inSpan(route, { kind: 'server', attributes }, async (span) => {
        const response = await handler(request);
        span.setAttribute('http.response.status_code', response.status);
        return response;
      }),
    );
    return { ...answered, headers: { ...answered.headers, 'x-correlation-id': correlationId } };
  }

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (incoming, outgoing) => {
    answer(incoming).then(
      (response) => send(outgoing, response),
      (error: unknown) => {
        options.log.error({ err: error }, 'an HTTP request failed unexpectedly');
        send(outgoing, { status: 500, body: '' });
      },
    );
  });
  const port = await listen(server, options);
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** The whole body, or undefined when it is larger than is read. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > maxBodyBytes) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, { status, headers, body }: HttpResponse): void {
  const bytes = Buffer.from(body);
  outgoing.writeHead(status, { ...headers, 'content-length': bytes.byteLength });
  outgoing.end(bytes);
}
