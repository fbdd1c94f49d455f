import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { type Authority, createAuthority, issueCertificate } from '#platform/auth/certificate-authority.ts';
import type { Client } from '#platform/client/client.ts';
import type { Discovered } from '#platform/client/discovery.ts';
import type { ProcessConfig } from '#platform/config/process-config.ts';
import { createRuntime, type Runtime } from '#platform/runtime.ts';
import { type Serving, serve } from '#platform/service/serve.ts';
import type { Service } from '#platform/service/service.ts';
import { type Outside, outsideClient } from './outside-client.ts';
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
  /** A client of the service at `port` as customers have one: its calls come from the edge, or whom `as` names. */
  outside<S extends DescService>(
    service: S,
    port: number,
    outside?: Outside & { readonly as?: string },
  ): Client<S> & { close(): void };
  /** How `workload` connects to any service: by default the edge. */
  connectAs(workload?: string): ChannelCredentials;
  /** The certificate and the key that a workload shows, as one PEM text. */
  certificateOf(workload: string): string;
  /** Gives a service a new certificate, as the supervisor does now and then. */
  renew(service: string): Promise<void>;
  /** The environment of a process with the identity of `service`. */
  environment(service: string): Record<string, string>;
  /** Writes another discovery file, as the supervisor would, and waits until all have read it. */
  discover(
    mode: 'static' | 'xds',
    endpoints: Record<string, readonly string[]>,
    policies?: Discovered['policies'],
  ): Promise<void>;
  /** Ends a session, as the user service would. */
  endSession(sessionId: string): void;
  readonly authority: Authority;
  /** The authority's certificate, as clients are given it. */
  readonly trust: Buffer;
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
  const ended: string[] = [];
  const issuerServer = createServer((request, response) => {
    const sessions = { ended, until: Date.now() };
    response.end(JSON.stringify(request.url?.startsWith('/ended-sessions') ? sessions : jwks));
  });
  await new Promise<void>((resolve) => issuerServer.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}/jwks.json`;
  const endpoints: Record<string, string[]> = {};
  const running: Serving[] = [];
  const idle: Runtime[] = [];
  const runtimes = new Set<Runtime>();

  const authority = createAuthority();
  const certificates = new Map<string, string>();
  async function renew(service: string): Promise<void> {
    const certificate = issueCertificate(authority, service);
    certificates.set(service, certificate);
    await writeFile(path(`${service}.next`), certificate);
    await rename(path(`${service}.next`), path(`${service}.pem`));
  }
  await Promise.all(['edge', ...services].map(renew));
  await writeFile(path('trust.pem'), authority.certificate);

  function connectAs(workload = 'edge'): ChannelCredentials {
    return presenting(Buffer.from(authority.certificate), certificates.get(workload));
  }

  const discover: TestMesh['discover'] = async (mode, to, policies) => {
    const text = JSON.stringify({ mode, endpoints: to, policies });
    await writeFile(path('discovery.next'), text);
    await rename(path('discovery.next'), path('discovery.json'));
    await waitFor('every runtime to have read the discovery file', () =>
      [...runtimes].every(({ kernel }) => JSON.stringify(kernel.discovery.current()) === text),
    );
  };
  await discover('static', {});

  function configOf(service: string, config: Partial<ProcessConfig>): ProcessConfig {
    return {
      SHOPVERSE_SERVICE: service,
      SHOPVERSE_INSTANCE: `${service}-test`,
      LISTEN_HOST: '127.0.0.1',
      GRPC_PORT: 0,
      HTTP_PORT: 0,
      FRONT_PORT: 0,
      KAFKA_BROKERS: '127.0.0.1:1',
      KAFKA_CLIENT: 'kafkajs',
      TRACE_SAMPLE_RATIO: 1,
      LOG_LEVEL: 'fatal',
      JWKS_URL: jwksUrl,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      SHOPVERSE_DISCOVERY: path('discovery.json'),
      SHOPVERSE_IDENTITY: path(`${service}.pem`),
      SHOPVERSE_TRUST: path('trust.pem'),
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
    outside: (contract, port, { as, ...outside } = {}) =>
      outsideClient(contract, port, { credentials: connectAs(as), ...outside }),
    connectAs,
    certificateOf: (workload) => certificates.get(workload) ?? '',
    renew,
    endSession: (sessionId) => {
      ended.push(sessionId);
    },
    authority,
    trust: Buffer.from(authority.certificate),
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

/** Connects to whoever has a certificate of this authority, showing this one (certificate and key) or none. */
export function presenting(authority: Buffer, pem?: string): ChannelCredentials {
  const own = pem === undefined ? null : Buffer.from(pem);
  return credentials.createSsl(authority, own, own, { checkServerIdentity: () => undefined });
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
