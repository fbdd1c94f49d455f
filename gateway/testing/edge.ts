import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type EdgeOver, type RunningEdge, runEdge } from './run-edge.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** Claims to change; one that is undefined is left out. */
export type Claims = { readonly [name in keyof JWTPayload]: JWTPayload[name] | undefined };

/** A span as Zipkin's v2 JSON has it. */
type Span = {
  readonly traceId: string;
  readonly id: string;
  readonly name: string;
  readonly tags: Record<string, string>;
};

/** The real edge, over a grpc-js server in place of every service, a key server and a collector of spans. */
export type Edge = RunningEdge & {
  readonly upstream: Upstream;
  readonly spans: Span[];
  /** Requests that reached a service's plain HTTP port. */
  readonly plain: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** A token as the user service signs it, with these claims changed. */
  token(claims?: Claims): Promise<string>;
};

const DOMAINS = ['gateway', 'user', 'order', 'inventory', 'payment', 'config'];

/** Starts the edge on free ports. Allowed origin: https://shop.example. */
export async function startEdge(services: readonly DescService[], over: EdgeOver = {}): Promise<Edge> {
  const upstream = await startUpstream(services);
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test-1', alg: 'EdDSA', use: 'sig' };
  const plain: Edge['plain'] = [];
  const http = await serve((request) => {
    plain.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    return { keys: [jwk] };
  });
  const spans: Span[] = [];
  const zipkin = await serve((_, body) => void spans.push(...JSON.parse(body)));

  const ports = { grpc: upstream.port, http: portOf(http) };
  const edge = await runEdge(Object.fromEntries(DOMAINS.map((domain) => [domain, ports])), {
    zipkinPort: portOf(zipkin),
    jwksUrl: `http://127.0.0.1:${ports.http}/.well-known/jwks.json`,
    corsOrigins: ['https://shop.example'],
    ...over,
  });
  return {
    ...edge,
    upstream,
    spans,
    plain,
    token: (claims = {}) => sign(privateKey, claims),
    async stop() {
      await edge.stop();
      upstream.stop();
      for (const server of [http, zipkin]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function sign(key: CryptoKey, claims: Claims): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = {
    iss: 'https://id.shopverse.local',
    aud: 'shopverse',
    sub: 'user-1',
    sid: 'session-1',
    roles: [],
  };
  return new SignJWT({ ...usual, iat: now, exp: now + 300, ...claims } as JWTPayload)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'test-1', typ: 'at+jwt' })
    .sign(key);
}

async function serve(answer: (request: IncomingMessage, body: string) => unknown): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.end(JSON.stringify(answer(request, body)) ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
