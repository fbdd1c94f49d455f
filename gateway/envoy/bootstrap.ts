import type { DescFile } from '@bufbuild/protobuf';
import { loadContracts } from '../../proto/contracts.ts';
import { istiodCluster, limitCluster, zipkinCluster } from './clusters.ts';
import { edgeListener } from './listener.ts';
import type { EnvoyOptions } from './options.ts';
import { overloadManager, runtimeLayers } from './overload.ts';

/** Envoy's bootstrap for the edge, made from the contracts in the tree. To be written as JSON. */
export async function renderEnvoy(options: EnvoyOptions): Promise<{ bootstrap: object }> {
  return { bootstrap: renderBootstrap(await loadContracts(), options) };
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
      cds_config: { resource_api_version: 'V3', path_config_source: { path: options.clustersPath } },
    },
    static_resources: {
      listeners: [edgeListener(contracts, options)],
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

function loopback(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
