import { clientPolicy, type ServicePolicy } from '../mesh/edge-policy.ts';
import { NAMESPACE, spiffeId } from '../services/identity.ts';

/** One serving instance. */
export type Instance = {
  readonly name: string;
  readonly service: string;
  /** Its label `version`. */
  readonly version: string;
  readonly grpcPort: number;
  readonly httpPort: number;
};

/** Istio's WorkloadEntry for an instance, for the directory that istiod watches. YAML, of which JSON is a part. */
export function renderWorkload(instance: Instance): string {
  return `${JSON.stringify(
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: { name: instance.name, namespace: NAMESPACE },
      spec: {
        address: '127.0.0.1',
        ports: { grpc: instance.grpcPort },
        labels: { app: instance.service, version: instance.version },
        serviceAccount: instance.service,
      },
    },
    null,
    2,
  )}\n`;
}

/** discovery.json: the mode, every service's serving endpoints, and what istiod doesn't tell their clients. */
export function renderDiscovery(
  mode: 'static' | 'xds',
  services: readonly string[],
  instances: readonly Instance[],
  policies: ReadonlyMap<string, ServicePolicy> = new Map(),
): string {
  const endpoints = Object.fromEntries(
    services.map((service) => [
      service,
      instances
        .filter((instance) => instance.service === service)
        .map((instance) => `127.0.0.1:${instance.grpcPort}`),
    ]),
  );
  const limits = [...policies].map(([service, { policy }]) => [service, clientPolicy(policy)]);
  return JSON.stringify({ mode, endpoints, policies: Object.fromEntries(limits) }, null, 2);
}

/** What Prometheus is to scrape. */
export function renderTargets(instances: readonly Instance[]): string {
  const targets = instances.map(({ name, service, httpPort }) => ({
    targets: [`127.0.0.1:${httpPort}`],
    labels: { service, instance: name },
  }));
  return JSON.stringify(targets, null, 2);
}

/** The gRPC xDS bootstrap of one process: who it is, and where istiod listens. */
export function renderXdsBootstrap(
  service: string,
  { instance, version }: { instance: string; version: string },
  istiodPort: number,
): string {
  return JSON.stringify(
    {
      xds_servers: [
        {
          server_uri: `127.0.0.1:${istiodPort}`,
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3'],
        },
      ],
      node: {
        id: `sidecar~127.0.0.1~${instance}.${NAMESPACE}~${NAMESPACE}.svc.cluster.local`,
        cluster: service,
        metadata: {
          GENERATOR: 'grpc',
          NAMESPACE,
          CLUSTER_ID: 'Kubernetes',
          INSTANCE_IPS: '127.0.0.1',
          ISTIO_VERSION: '1.31.0',
          MESH_ID: 'cluster.local',
          SERVICE_ACCOUNT: spiffeId(service).split('/').at(-1),
          LABELS: { app: service, version },
        },
        locality: {},
      },
      server_listener_resource_name_template: 'xds.istio.io/grpc/lds/inbound/%s',
    },
    null,
    2,
  );
}
