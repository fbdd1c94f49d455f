import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescFile } from '@bufbuild/protobuf';
import {
  FRONT_CLUSTER,
  FRONT_SERVICE,
  renderClusters,
  renderEndpoints,
} from '../../local/discovery/envoy-clusters.ts';
import { renderSecret } from '../../local/services/identity.ts';
import { renderEnvoy } from '../envoy/bootstrap.ts';
import type { EnvoyOptions } from '../envoy/options.ts';
import { runEnvoy } from './envoy-process.ts';

/** The file of clusters, as far as tests change it. */
export type Clusters = { readonly resources: readonly { readonly name: string }[] };

/** The real edge on free ports. */
export type RunningEdge = {
  readonly url: string;
  readonly address: string;
  readonly pid: number;
  readonly bootstrapPath: string;
  /** Replaces the file of clusters, as discovery does. */
  replaceClusters(change: (clusters: Clusters) => Clusters): void;
  accessLog(): Record<string, unknown>[];
  stop(): Promise<void>;
};

/** The edge's certificate with its key, and the authority's: with them it speaks mutual TLS to the services. */
export type EdgePem = { readonly own: string; readonly authority: string };

/** Where a service listens, on loopback. */
export type ServicePorts = { readonly grpc: number; readonly http: number; readonly front?: number };

/** What single tests want otherwise. */
export type EdgeOver = Pick<EnvoyOptions, 'limits' | 'rateLimitPort' | 'rateLimitWaitMs'> & {
  /** Other contracts than those in the tree. */
  readonly contracts?: readonly DescFile[];
};

/** Runs Envoy, configured from the contracts, over these services by name. */
export async function runEdge(
  services: Readonly<Record<string, ServicePorts>>,
  { contracts, ...options }: Pick<EnvoyOptions, 'jwksUrl' | 'zipkinPort' | 'corsOrigins'> & EdgeOver,
  pem?: EdgePem,
): Promise<RunningEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const endpoints = join(folder, 'endpoints');
  mkdirSync(endpoints);
  for (const [service, { grpc, http, front }] of Object.entries(services)) {
    for (const { cluster, ports } of [
      { cluster: service, ports: [grpc] },
      { cluster: `${service}-http`, ports: [http] },
      ...(service === FRONT_SERVICE ? [{ cluster: FRONT_CLUSTER, ports: front ? [front] : [] }] : []),
    ]) {
      const rendered = renderEndpoints({ cluster, ports });
      writeFileSync(join(endpoints, `${cluster}.json`), JSON.stringify(rendered));
    }
  }
  const clustersPath = join(folder, 'cds.json');
  const identity = pem && { secretPath: join(folder, 'secret.json'), trustPath: join(folder, 'trust.pem') };
  if (pem !== undefined && identity !== undefined) {
    writeFileSync(identity.secretPath, JSON.stringify(renderSecret(pem.own)));
    writeFileSync(identity.trustPath, pem.authority);
  }
  const clusters = renderClusters(Object.keys(services), 'static', endpoints, identity) as Clusters;
  writeFileSync(clustersPath, JSON.stringify(clusters));

  const [edgePort, adminPort, istiodGrpcPort] = await freePorts(3);
  const accessLogPath = join(folder, 'access.log');
  const bootstrapPath = join(folder, 'bootstrap.json');
  const { bootstrap } = await renderEnvoy(
    {
      ...options,
      edgePort,
      adminPort,
      istiodGrpcPort,
      clustersPath,
      accessLogPath,
    },
    contracts,
  );
  writeFileSync(bootstrapPath, JSON.stringify(bootstrap));
  const envoy = await runEnvoy(bootstrapPath, adminPort);
  return {
    url: `http://127.0.0.1:${edgePort}`,
    address: `127.0.0.1:${edgePort}`,
    pid: envoy.pid,
    bootstrapPath,
    replaceClusters(change) {
      writeFileSync(`${clustersPath}.new`, JSON.stringify(change(clusters)));
      renameSync(`${clustersPath}.new`, clustersPath);
    },
    accessLog: () =>
      readFileSync(accessLogPath, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    async stop() {
      await envoy.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that nobody listens on now. */
export async function freePorts(count: 3): Promise<[number, number, number]> {
  const sockets = Array.from({ length: count }, () => createServer());
  await Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve))),
  );
  const ports = sockets.map((socket) => (socket.address() as AddressInfo).port);
  for (const socket of sockets) socket.close();
  return ports as [number, number, number];
}
