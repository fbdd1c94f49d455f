import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { spiffeId } from '#platform/auth/workload.ts';
import type { ProcessConfig } from '#platform/config/process-config.ts';
import { createRuntime, type Runtime } from '#platform/runtime.ts';
import { type Serving, serve } from '#platform/service/serve.ts';
import type { Service } from '#platform/service/service.ts';
import { waitFor } from './wait-for.ts';

/** What a test's access token says; the rest is as the user service would have it. */
export type TokenClaims = {
  readonly sub?: string;
  readonly sid?: string;
  readonly roles?: readonly string[];
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds from now; negative for one that is over. */
  readonly expiresIn?: number;
};

/** A service that runs in the test's own process. */
export type TestService = Serving & { readonly runtime: Runtime };

/** Services in the test's process that find, trust and call each other, and an issuer of access tokens. */
export type TestMesh = {
  /** A runtime with the identity of `service`, which serves nothing. */
  runtime(service: string, config?: Partial<ProcessConfig>): Promise<Runtime>;
  /** Starts a service on free ports; others find it from then on. */
  start(
    service: string,
    define: (runtime: Runtime) => Service | Promise<Service>,
    config?: Partial<ProcessConfig>,
  ): Promise<TestService>;
  token(claims?: TokenClaims): Promise<string>;
  /** The environment of a process with the identity of `service`. */
  environment(service: string): Record<string, string>;
  /** Writes another discovery file, as the supervisor would, and waits until all have read it. */
  discover(mode: 'static' | 'xds', endpoints: Record<string, readonly string[]>): Promise<void>;
  readonly jwksUrl: string;
  /** Stops everything that was started. */
  close(): Promise<void>;
};

const issuer = 'https://id.shopverse.local';
const audience = 'shopverse';
const keyId = 'test-key';

/** A mesh of these services' identities. Needs no running stack: Kafka is not connected to until it is used. */
export async function testMesh(services: readonly string[]): Promise<TestMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'shopverse-mesh-'));
  const path = (name: string) => join(folder, name);
  const signing = generateKeyPairSync('ed25519');
  const jwks = { keys: [{ ...signing.publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'EdDSA' }] };
  const issuerServer = createServer((_request, response) => response.end(JSON.stringify(jwks)));
  await new Promise<void>((resolve) => issuerServer.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}/jwks.json`;
  const endpoints: Record<string, string[]> = {};
  const running: Serving[] = [];
  const idle: Runtime[] = [];
  const runtimes = new Set<Runtime>();

  const trusted = await Promise.all(
    services.map(async (service) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      await writeFile(path(`${service}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
      return { ...publicKey.export({ format: 'jwk' }), kid: spiffeId(service) };
    }),
  );
  await writeFile(path('trust.json'), JSON.stringify({ keys: trusted }));

  async function discover(mode: 'static' | 'xds', to: Record<string, readonly string[]>): Promise<void> {
    const text = JSON.stringify({ mode, endpoints: to });
    await writeFile(path('discovery.next'), text);
    await rename(path('discovery.next'), path('discovery.json'));
    await waitFor('every runtime to have read the discovery file', () =>
      [...runtimes].every(({ kernel }) => JSON.stringify(kernel.discovery.current()) === text),
    );
  }
  await discover('static', {});

  function configOf(service: string, config: Partial<ProcessConfig>): ProcessConfig {
    return {
      SHOPVERSE_SERVICE: service,
      SHOPVERSE_INSTANCE: `${service}-test`,
      LISTEN_HOST: '127.0.0.1',
      GRPC_PORT: 0,
      HTTP_PORT: 0,
      KAFKA_BROKERS: '127.0.0.1:1',
      KAFKA_CLIENT: 'kafkajs',
      TRACE_SAMPLE_RATIO: 1,
      LOG_LEVEL: 'fatal',
      JWKS_URL: jwksUrl,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      SHOPVERSE_DISCOVERY: path('discovery.json'),
      SHOPVERSE_IDENTITY: path(`${service}.pem`),
      SHOPVERSE_TRUST: path('trust.json'),
      ...config,
    };
  }

  return {
    runtime: async (service, config = {}) => {
      const runtime = await createRuntime(configOf(service, config));
      runtimes.add(runtime);
      idle.push(runtime);
      return runtime;
    },
    start: async (service, define, config = {}) => {
      const runtime = await createRuntime(configOf(service, config));
      runtimes.add(runtime);
      const started = await serve(runtime, await define(runtime));
      let stopped: Promise<void> | undefined;
      const stop = () => {
        runtimes.delete(runtime);
        stopped ??= started.stop();
        return stopped;
      };
      const serving = { ...started, runtime, stop };
      running.push(serving);
      endpoints[service] = [...(endpoints[service] ?? []), `127.0.0.1:${serving.grpcPort}`];
      await discover('static', endpoints);
      return serving;
    },
    token: (claims = {}) => sign(signing.privateKey, claims),
    environment: (service) =>
      Object.fromEntries(Object.entries(configOf(service, {})).map(([key, value]) => [key, String(value)])),
    discover,
    jwksUrl,
    close: async () => {
      await Promise.all(running.map((serving) => serving.stop()));
      await Promise.all(idle.map((runtime) => runtime.kernel.close()));
      issuerServer.close();
      issuerServer.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

function sign(key: KeyObject, claims: TokenClaims): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sid: claims.sid ?? 'session-1', roles: claims.roles ?? [] })
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'at+jwt' })
    .setSubject(claims.sub ?? 'user-1')
    .setIssuer(claims.iss ?? issuer)
    .setAudience(claims.aud ?? audience)
    .setIssuedAt(now)
    .setExpirationTime(now + (claims.expiresIn ?? 300))
    .sign(key);
}
