import { join } from 'node:path';
import { writeAtomically } from '../files.ts';
import { placeOf } from '../install/artefact.ts';
import { BINARY, binary } from '../parts/envoy.ts';
import type { Unit } from '../parts/part.ts';
import type { Stack } from '../stack.ts';
import { answers } from '../supervisor/probes.ts';
import { envoyPaths } from './publish.ts';

/** For tests: an edge that knows one route, to `order`, and takes its clusters as the real one does. */
export function plainEdge(stack: Stack): Unit {
  const { state } = stack;
  const config = join(state, 'envoy', 'bootstrap.json');
  return {
    name: 'envoy',
    version: 'test',
    port: stack.ports.edge,
    needs: [],
    command: {
      file: binary(placeOf(stack.cache, BINARY)),
      args: ['-c', config, '--disable-hot-restart'],
      cwd: state,
    },
    prepare: async () => writeAtomically(config, JSON.stringify(bootstrap(stack))),
    ready: () => answers(`http://127.0.0.1:${stack.ports.envoyAdmin}/ready`),
  };
}

function bootstrap(stack: Stack): object {
  const at = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const type = (name: string) => ({ '@type': `type.googleapis.com/${name}` });
  const manager = {
    ...type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'edge',
    codec_type: 'HTTP2',
    route_config: {
      validate_clusters: false,
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'order' } }] },
      ],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: type('envoy.extensions.filters.http.router.v3.Router'),
      },
    ],
  };
  const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return {
    admin: { address: at(stack.ports.envoyAdmin) },
    node: {
      id: 'router~127.0.0.1~edge-1.shopverse~shopverse.svc.cluster.local',
      cluster: 'edge',
      metadata: { NAMESPACE: 'shopverse', CLUSTER_ID: 'Kubernetes', ISTIO_VERSION: '1.31.0' },
    },
    dynamic_resources: {
      cds_config: {
        resource_api_version: 'V3',
        path_config_source: { path: envoyPaths(stack.state).clusters },
      },
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'istiod' } }],
      },
    },
    static_resources: {
      listeners: [
        {
          name: 'edge',
          address: at(stack.ports.edge),
          filter_chains: [
            { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: 'istiod',
          type: 'STATIC',
          typed_extension_protocol_options: {
            [http]: { ...type(http), explicit_http_config: { http2_protocol_options: {} } },
          },
          load_assignment: {
            cluster_name: 'istiod',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: at(stack.ports.istiodGrpc) } }] }],
          },
        },
      ],
    },
  };
}
