import type { DescFile } from '@bufbuild/protobuf';
import { accessLog } from './access-log.ts';
import { corsFilter, corsPolicy, DEV_ORIGINS } from './cors.ts';
import { type EdgeMethod, edgeMethods, servicesOf } from './edge-methods.ts';
import { dropForeignIdentity } from './identity-headers.ts';
import { bodyFilter, connectionLimits } from './limits.ts';
import { localReplies } from './local-replies.ts';
import { faultFilter } from './mesh-routes.ts';
import type { EnvoyOptions } from './options.ts';
import { LIMITS, limitFilters } from './rate-limits.ts';
import { restFilter } from './rest.ts';
import { rolesFilter } from './roles.ts';
import { routeTable } from './routes.ts';
import { tokenFilter } from './token.ts';
import { tracing } from './tracing.ts';
import { extension, setHeader } from './typed.ts';

/** The edge's only listener: gRPC over h2 and gRPC-Web over either, on loopback. */
export function edgeListener(contracts: readonly DescFile[], options: EnvoyOptions): object {
  return {
    name: 'edge',
    address: { socket_address: { address: '127.0.0.1', port_value: options.edgePort } },
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [
      {
        filters: [
          extension(
            'envoy.filters.network.http_connection_manager',
            'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            connectionManager(contracts, options),
          ),
        ],
      },
    ],
  };
}

const ROUTES = 'edge';

/** What the listener does with each call, by its path. */
export function edgeRoutes(contracts: readonly DescFile[], options: EnvoyOptions): object {
  const origins = options.corsOrigins ?? DEV_ORIGINS;
  return {
    name: ROUTES,
    // Clusters come and go with discovery; a route to one that is away answers UNAVAILABLE.
    validate_clusters: false,
    request_headers_to_add: [setHeader('x-correlation-id', '%REQ(X-REQUEST-ID)%')],
    response_headers_to_add: [
      setHeader('x-correlation-id', '%REQ(X-REQUEST-ID)%'),
      setHeader('x-content-type-options', 'nosniff'),
    ],
    virtual_hosts: [
      {
        name: 'shopverse',
        domains: ['*'],
        typed_per_filter_config: corsPolicy(origins),
        matcher: routeTable(
          edgeMethods(contracts),
          servicesOf(contracts),
          corsPolicy(origins, true),
          options.mesh,
        ),
      },
    ],
  };
}

function connectionManager(contracts: readonly DescFile[], options: EnvoyOptions) {
  const methods = edgeMethods(contracts);
  return {
    stat_prefix: 'edge',
    codec_type: 'AUTO',
    server_name: 'shopverse',
    ...connectionLimits,
    use_remote_address: true,
    // Nobody is inside: a client on this machine is a client.
    internal_address_config: { cidr_ranges: [] },
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    strip_any_host_port: true,
    early_header_mutation_extensions: [dropForeignIdentity],
    generate_request_id: true,
    preserve_external_request_id: false,
    request_id_extension: {
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
        // A plain UUID: no bit of it says how it was sampled.
        pack_trace_reason: false,
      },
    },
    local_reply_config: localReplies(options.limits ?? LIMITS),
    access_log: [accessLog(options.accessLogPath)],
    ...tracing(options),
    ...(options.live === undefined
      ? { route_config: edgeRoutes(contracts, options) }
      : {
          rds: {
            route_config_name: ROUTES,
            config_source: {
              resource_api_version: 'V3',
              path_config_source: { path: options.live.routesPath },
            },
          },
        }),
    http_filters: [
      corsFilter,
      extension('envoy.filters.http.grpc_web', 'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb'),
      restFilter(contracts, methods),
      tokenFilter(options),
      ...limitFilters(options),
      rolesFilter,
      bodyFilter,
      faultFilter,
      extension('envoy.filters.http.grpc_stats', 'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', {
        individual_method_stats_allowlist: { services: statsOf(methods) },
        enable_upstream_stats: true,
        emit_filter_state: true,
      }),
      extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', {
        suppress_envoy_headers: true,
      }),
    ],
  };
}

function statsOf(methods: readonly EdgeMethod[]): object[] {
  const byService = Map.groupBy(methods, ({ path }) => path.split('/')[1] ?? '');
  return [...byService].map(([name, own]) => ({
    name,
    method_names: own.map(({ path }) => path.split('/')[2] ?? ''),
  }));
}
