import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { subsetCluster } from '../../gateway/envoy/mesh-routes.ts';
import { readIfThere, writeIfChanged } from '../files.ts';
import type { ServicePolicy } from '../mesh/edge-policy.ts';
import { frontPort } from '../ports.ts';
import { edgeSecretPath, identityPaths } from '../services/identity.ts';
import type { Stack } from '../stack.ts';
import {
  FRONT_CLUSTER,
  FRONT_SERVICE,
  type Mode,
  renderClusters,
  renderEndpoints,
} from './envoy-clusters.ts';
import { type Instance, renderDiscovery, renderTargets, renderWorkload } from './workloads.ts';

/** Where the edge reads its clusters and endpoints. */
export function envoyPaths(state: string): { clusters: string; endpoints: string } {
  return { clusters: join(state, 'envoy', 'cds.json'), endpoints: join(state, 'envoy', 'endpoints') };
}

/** The directory that istiod watches. */
export function istiodConfig(state: string): string {
  return join(state, 'istiod', 'config');
}

/**
 * Tells everybody who serves: the services' own clients, the edge, istiod and Prometheus. Endpoint files are in place before
 * a cluster names them, and istiod hears first, since both modes must be true at a change-over.
 */
export function publish(
  stack: Stack,
  mode: Mode,
  services: readonly string[],
  instances: readonly Instance[],
  policies: ReadonlyMap<string, ServicePolicy> = new Map(),
): void {
  publishWorkloads(join(istiodConfig(stack.state), 'workloads'), instances);
  const { clusters, endpoints } = envoyPaths(stack.state);
  for (const service of services) {
    const own = instances.filter((instance) => instance.service === service);
    const grpc = { cluster: service, ports: own.map((instance) => instance.grpcPort) };
    const http = { cluster: `${service}-http`, ports: own.map((instance) => instance.httpPort) };
    const front = { cluster: FRONT_CLUSTER, ports: own.map((instance) => frontPort(instance.httpPort)) };
    const subsets = (policies.get(service)?.subsets ?? []).map(({ name, labels }) => ({
      cluster: subsetCluster(service, name),
      ports: own.filter(({ version }) => labels.version === version).map(({ grpcPort }) => grpcPort),
    }));
    for (const each of [grpc, http, ...subsets, ...(service === FRONT_SERVICE ? [front] : [])]) {
      writeIfChanged(join(endpoints, `${each.cluster}.json`), JSON.stringify(renderEndpoints(each)));
    }
  }
  const identity = {
    secretPath: edgeSecretPath(stack.state),
    trustPath: identityPaths(stack.state, '').trust,
  };
  writeIfChanged(
    clusters,
    JSON.stringify(renderClusters(services, mode, endpoints, identity, policies), null, 2),
  );
  writeIfChanged(join(stack.state, 'discovery.json'), renderDiscovery(mode, services, instances, policies));
  writeIfChanged(join(stack.state, 'prometheus', 'services.json'), renderTargets(instances));
}

/** The mode that was published last. */
export function publishedMode(state: string): Mode {
  const text = readIfThere(join(state, 'discovery.json'));
  return text === undefined ? 'static' : JSON.parse(text).mode;
}

function publishWorkloads(folder: string, instances: readonly Instance[]): void {
  mkdirSync(folder, { recursive: true });
  for (const instance of instances)
    writeIfChanged(join(folder, `${instance.name}.yaml`), renderWorkload(instance));
  const named = new Set(instances.map((instance) => `${instance.name}.yaml`));
  for (const file of readdirSync(folder)) if (!named.has(file)) rmSync(join(folder, file));
}
