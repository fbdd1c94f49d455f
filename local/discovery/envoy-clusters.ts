import { meshHost, spiffeId } from '#platform/auth/workload.ts';
import { subsetCluster } from '../../gateway/envoy/mesh-routes.ts';
import { clusterFields, type ServicePolicy } from '../mesh/edge-policy.ts';

/** What the edge shows of itself, and whom it believes: the file of its secret, and the authorities' certificates. */
export type EdgeIdentity = { readonly secretPath: string; readonly trustPath: string };

/** Who answers for one name. */
export type Endpoints = { readonly cluster: string; readonly ports: readonly number[] };
export type Mode = 'static' | 'xds';

/** The service to which the edge hands over plain HTTP, and the cluster by which it does. */
export const FRONT_SERVICE = 'gateway';
export const FRONT_CLUSTER = `${FRONT_SERVICE}-front`;

const TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const HTTP = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** The mesh's name for a service and its logical port, as istiod spells it for Envoy. */
export function meshCluster(service: string, subset = ''): string {
  return `outbound|50051|${subset}|${meshHost(service)}`;
}

/**
 * The clusters that the edge's routes name: `order` (gRPC over h2) for every service, `user-http` for its plain HTTP
 * port, and `gateway-front`; and `order.v2` for a subset that the mesh's rules lead to. The names never change; where a gRPC cluster's endpoints come from does: from a file each, or from istiod. With an
 * identity gRPC goes over mutual TLS, to exactly the workload that a cluster is named for.
 */
export function renderClusters(
  services: readonly string[],
  mode: Mode,
  folder: string,
  identity?: EdgeIdentity,
  policies: ReadonlyMap<string, ServicePolicy> = new Map(),
): object {
  const secured = (service: string) =>
    identity === undefined ? {} : { transport_socket: mutualTls(service, identity) };
  const resources = services.flatMap((service) => [
    ...[undefined, ...(policies.get(service)?.subsets ?? [])].map((subset) => {
      const name = subsetCluster(service, subset?.name);
      return {
        ...grpcCluster(name),
        ...clusterFields(policies.get(service)?.policy ?? {}),
        ...secured(service),
        ...(mode === 'xds' ? fromIstiod(service, subset?.name) : fromFile(name, folder)),
      };
    }),
    { ...httpCluster(`${service}-http`), ...fromFile(`${service}-http`, folder) },
    ...(service === FRONT_SERVICE
      ? [{ ...grpcCluster(FRONT_CLUSTER), ...secured(service), ...fromFile(FRONT_CLUSTER, folder) }]
      : []),
  ]);
  return { resources };
}

/** The endpoints of one cluster, for the file that it watches. */
export function renderEndpoints({ cluster, ports }: Endpoints): object {
  const endpoints = ports.map((port) => ({
    endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
  }));
  return {
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
        cluster_name: cluster,
        endpoints: [{ lb_endpoints: endpoints }],
      },
    ],
  };
}

function fromFile(cluster: string, folder: string): object {
  return {
    eds_cluster_config: {
      eds_config: { resource_api_version: 'V3', path_config_source: { path: `${folder}/${cluster}.json` } },
    },
  };
}

function fromIstiod(service: string, subset?: string): object {
  return {
    eds_cluster_config: {
      service_name: meshCluster(service, subset),
      eds_config: { resource_api_version: 'V3', ads: {} },
    },
  };
}

function common(name: string): object {
  return {
    '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    name,
    type: 'EDS',
    lb_policy: 'LEAST_REQUEST',
    // Istio's dashboards show them.
    track_cluster_stats: { request_response_sizes: true },
    // An endpoint that discovery dropped is gone, whatever its last health check said.
    ignore_health_on_host_removal: true,
    ...clusterFields({}),
  };
}

function grpcCluster(name: string): object {
  return {
    ...common(name),
    typed_extension_protocol_options: {
      [HTTP]: {
        '@type': `type.googleapis.com/${HTTP}`,
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: '10s', timeout: '3s' } },
        },
      },
    },
  };
}

function mutualTls(service: string, { secretPath, trustPath }: EdgeIdentity): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `type.googleapis.com/${TLS}`,
      sni: meshHost(service),
      common_tls_context: {
        alpn_protocols: ['h2'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
        tls_certificate_sds_secret_configs: [
          {
            name: 'edge',
            sds_config: { resource_api_version: 'V3', path_config_source: { path: secretPath } },
          },
        ],
        validation_context: {
          trusted_ca: { filename: trustPath },
          match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: spiffeId(service) } }],
        },
      },
    },
  };
}

function httpCluster(name: string): object {
  return {
    ...common(name),
    typed_extension_protocol_options: {
      [HTTP]: { '@type': `type.googleapis.com/${HTTP}`, explicit_http_config: { http_protocol_options: {} } },
    },
  };
}
