import type { DescFile } from '@bufbuild/protobuf';
import { loadContracts } from '../../proto/contracts.ts';
import { istiodCluster, limitCluster, zipkinCluster } from './clusters.ts';
import { edgeListener, edgeRoutes } from './listener.ts';
import type { EnvoyOptions } from './options.ts';
import { overloadManager, runtimeLayers } from './overload.ts';
import { typed } from './typed.ts';

/** What Envoy reads, each to be written as JSON. The last two are read only where the options name their files. */
export type EnvoyFiles = { readonly bootstrap: object; readonly listeners: object; readonly routes: object };

/** Envoy's bootstrap for the edge, its listener and its routes, made from these contracts, or else those in the tree. */
export async function renderEnvoy(options: EnvoyOptions, of?: readonly DescFile[]): Promise<EnvoyFiles> {
  const contracts = of ?? (await loadContracts());
  return {
    bootstrap: renderBootstrap(contracts, options),
    listeners: resource('envoy.config.listener.v3.Listener', edgeListener(contracts, options)),
    routes: resource('envoy.config.route.v3.RouteConfiguration', edgeRoutes(contracts, options)),
  };
}

/**
 * The edge: one listener whose routes, token and role checks follow from these contracts' options. Clusters are read
 * from a file that may change at any time; only istiod and Zipkin, which discovery itself leans on, are fixed.
 */
export function renderBootstrap(contracts: readonly DescFile[], options: EnvoyOptions): object {
  return {
    admin: { address: loopback(options.adminPort) },
    // istiod takes a proxy's role, namespace and domain from the shape of its id.
    node: {
      id: 'router~127.0.0.1~edge-1.shopverse~shopverse.svc.cluster.local',
      cluster: 'edge',
      metadata: {
        NAMESPACE: 'shopverse',
        CLUSTER_ID: 'Kubernetes',
        MESH_ID: 'cluster.local',
        ISTIO_VERSION: '1.31.0',
        LABELS: { app: 'edge' },
        INSTANCE_IPS: '127.0.0.1',
      },
    },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'istiod' } }],
      },
      cds_config: fromFile(options.clustersPath),
      ...(options.live === undefined ? {} : { lds_config: fromFile(options.live.listenersPath) }),
    },
    static_resources: {
      ...(options.live === undefined ? { listeners: [edgeListener(contracts, options)] } : {}),
      clusters: [
        istiodCluster(options.istiodGrpcPort),
        ...(options.rateLimitPort === undefined ? [] : [limitCluster(options.rateLimitPort)]),
        ...(options.zipkinPort === undefined ? [] : [zipkinCluster(options.zipkinPort)]),
      ],
    },
    overload_manager: overloadManager,
    layered_runtime: runtimeLayers,
  };
}

/** A file of one resource, which says its type as it stands by itself. */
function resource(type: string, value: object): object {
  return { resources: [typed(type, value)] };
}

function fromFile(path: string): object {
  return { resource_api_version: 'V3', path_config_source: { path } };
}

function loopback(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
