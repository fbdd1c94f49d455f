import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { renderClusters, renderEndpoints } from '../../local/discovery/envoy-clusters.ts';
import { renderEnvoy } from '../envoy/bootstrap.ts';
import { runEnvoy } from './envoy-process.ts';
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

/** The file of clusters, as far as tests change it. */
export type Clusters = { readonly resources: readonly { readonly name: string }[] };

/** The real edge, over a grpc-js server in place of every service, a key server and a collector of spans. */
export type Edge = {
  readonly url: string;
  readonly address: string;
  readonly bootstrapPath: string;
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
  /** Replaces the file of clusters, as discovery does. */
  replaceClusters(change: (clusters: Clusters) => Clusters): void;
  accessLog(): Record<string, unknown>[];
  stop(): Promise<void>;
};

const DOMAINS = ['gateway', 'user', 'order', 'inventory', 'payment', 'config'];

/** Starts the edge on free ports. Allowed origin: https://shop.example. */
export async function startEdge(services: readonly DescService[]): Promise<Edge> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
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

  const [edgePort, adminPort, istiodGrpcPort] = await freePorts(3);
  const clustersPath = join(folder, 'cds.json');
  mkdirSync(join(folder, 'endpoints'));
  for (const domain of DOMAINS) {
    for (const [cluster, port] of [
      [domain, upstream.port],
      [`${domain}-http`, portOf(http)],
    ] as const) {
      const endpoints = renderEndpoints({ cluster, ports: [port] });
      writeFileSync(join(folder, 'endpoints', `${cluster}.json`), JSON.stringify(endpoints));
    }
  }
  const clusters = renderClusters(DOMAINS, 'static', join(folder, 'endpoints')) as Clusters;
  writeFileSync(clustersPath, JSON.stringify(clusters));
  const bootstrapPath = join(folder, 'bootstrap.json');
  const { bootstrap } = await renderEnvoy({
    edgePort,
    adminPort,
    istiodGrpcPort,
    zipkinPort: portOf(zipkin),
    clustersPath,
    jwksUrl: `http://127.0.0.1:${portOf(http)}/.well-known/jwks.json`,
    accessLogPath: join(folder, 'access.log'),
    corsOrigins: ['https://shop.example'],
  });
  writeFileSync(bootstrapPath, JSON.stringify(bootstrap));
  const envoy = await runEnvoy(bootstrapPath, adminPort);
  return {
    url: `http://127.0.0.1:${edgePort}`,
    address: `127.0.0.1:${edgePort}`,
    bootstrapPath,
    upstream,
    spans,
    plain,
    token: (claims = {}) => sign(privateKey, claims),
    replaceClusters(change) {
      writeFileSync(`${clustersPath}.new`, JSON.stringify(change(clusters)));
      renameSync(`${clustersPath}.new`, clustersPath);
    },
    accessLog: () =>
      readFileSync(join(folder, 'access.log'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    async stop() {
      await envoy.stop();
      upstream.stop();
      for (const server of [http, zipkin]) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(folder, { recursive: true, force: true });
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

async function freePorts(count: 3): Promise<[number, number, number]> {
  const sockets = Array.from({ length: count }, () => createSocket());
  await Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve))),
  );
  const ports = sockets.map(portOf);
  for (const socket of sockets) socket.close();
  return ports as [number, number, number];
}
