import { isRepeatable } from '#platform/client/repeatable.ts';
import type { VirtualService } from '../../mesh/manifest.ts';
import {
  type EdgeMethod,
  EVERY_SERVICE,
  SERVICE_HEADER,
  STREAM_SECONDS,
  UNARY_SECONDS,
} from './edge-methods.ts';
import { bodyLimit } from './limits.ts';
import { elsewhere, underMesh } from './mesh-routes.ts';
import { requiredRoles } from './roles.ts';
import { noToken, optionalToken, requiredToken } from './token.ts';
import { extension, typed } from './typed.ts';

/**
 * The routes of a method, by the protocol that the client speaks: gRPC and gRPC-Web to the service itself, Connect to the
 * gateway, which makes the call for it. What every service serves goes to the one that SERVICE_HEADER names. What the
 * contract lets be repeated is sent once more when nobody answered. Services are reached by the mesh's rules.
 */
export function methodRoutes(
  method: EdgeMethod,
  services: readonly string[],
  mesh: readonly VirtualService[] = [],
): object[] {
  const grpc =
    method.domain === EVERY_SERVICE
      ? services.flatMap((service) =>
          underMesh(
            route(method, service, [isGrpc, headerIs(SERVICE_HEADER, service)], grpcRetry),
            service,
            mesh,
          ),
        )
      : underMesh(route(method, method.domain, [isGrpc], grpcRetry), method.domain, mesh);
  const connect = method.streams
    ? [route(method, 'gateway-front', [isConnectStream], connectRetry)]
    : [
        route(method, 'gateway-front', [isConnectUnary], connectRetry),
        ...(method.readsOnly ? [connectGet(method)] : []),
      ];
  return [...grpc, ...connect];
}

/**
 * All of the edge's routes: found by the method's path first, so that there may be many, then by the rest. Paths match
 * exactly.
 */
export function routeTable(
  methods: readonly EdgeMethod[],
  services: readonly string[],
  corsWithCookies: Readonly<Record<string, object>>,
  mesh: readonly VirtualService[] = [],
): object {
  const byPath = methods.map((method) => {
    const routes = methodRoutes(method, services, mesh);
    return [
      method.path,
      method.cookies
        ? routeList([...routes, preflight].map((each) => withFilters(each, corsWithCookies)))
        : routeList([...routes, preflight].map(withoutCookies)),
    ];
  });
  return {
    matcher_tree: {
      input: {
        name: 'path',
        typed_config: typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { header_name: ':path' }),
      },
      // By prefix because of the query that may follow; each route of the list then matches the whole path.
      prefix_match_map: { map: Object.fromEntries(byPath) },
    },
    on_no_match: routeList([...plainRoutes, preflight].map(withoutCookies)),
  };
}

function routeList(routes: readonly object[]): object {
  return {
    action: extension('routes', 'envoy.config.route.v3.RouteList', { routes: [...routes, nothingElse] }),
  };
}

/** The session's cookie comes with every request of the browser's, and goes to nobody but those that it is for. */
function withoutCookies(route: object): object {
  return { ...route, request_headers_to_remove: ['cookie'] };
}

function withFilters(route: object, filters: Readonly<Record<string, object>>): object {
  const own = 'typed_per_filter_config' in route ? route.typed_per_filter_config : {};
  return { ...route, typed_per_filter_config: { ...(own as object), ...filters } };
}

/** Plain HTTP that the edge carries beside gRPC: the signing keys, the payment provider's calls, the API's description. */
const plainRoutes: readonly object[] = [
  {
    name: 'jwks',
    decorator: { operation: 'jwks', propagate: false },
    match: { path: '/.well-known/jwks.json', headers: [headerIs(':method', 'GET')] },
    route: {
      cluster: 'user-http',
      timeout: '3s',
      retry_policy: { retry_on: 'connect-failure', num_retries: 1 },
    },
    typed_per_filter_config: noToken,
  },
  {
    name: 'payment-webhooks',
    decorator: { operation: 'payment-webhooks', propagate: false },
    match: { path_separated_prefix: '/webhooks', headers: [headerIs(':method', 'POST')] },
    route: { cluster: 'payment-http', timeout: '10s' },
    typed_per_filter_config: { ...noToken, ...bodyLimit(256 * 1024) },
  },
  {
    name: 'openapi',
    decorator: { operation: 'openapi', propagate: false },
    match: { path: '/openapi.json', headers: [headerIs(':method', 'GET')] },
    route: { cluster: 'gateway-http', timeout: '3s' },
    typed_per_filter_config: noToken,
  },
  {
    name: 'docs',
    decorator: { operation: 'docs', propagate: false },
    match: { path_separated_prefix: '/docs', headers: [headerIs(':method', 'GET')] },
    route: { cluster: 'gateway-http', timeout: '3s' },
    typed_per_filter_config: noToken,
  },
  {
    name: 'health',
    decorator: { operation: 'health', propagate: false },
    match: { path: '/healthz' },
    direct_response: { status: 200, body: { inline_string: 'ok\n' } },
    typed_per_filter_config: noToken,
  },
];

/**
 * Browsers' questions whether a page may call, which the CORS filter answers on a route that leads somewhere. It leaves
 * those of other origins, and there is nothing for them.
 */
const preflight: object = {
  name: 'preflight',
  decorator: { operation: 'preflight', propagate: false },
  match: { prefix: '/', headers: [headerIs(':method', 'OPTIONS')] },
  route: { cluster: 'none', cluster_not_found_response_code: 'NOT_FOUND' },
  typed_per_filter_config: noToken,
};

/** Everything else: there is no such thing, with a token or without. gRPC clients read UNIMPLEMENTED. */
const nothingElse: object = {
  name: 'nothing',
  decorator: { operation: 'nothing', propagate: false },
  match: { prefix: '/' },
  direct_response: { status: 404 },
  typed_per_filter_config: noToken,
};

const isGrpc = { name: 'content-type', string_match: { prefix: 'application/grpc' } };
const isConnectUnary = contentType('application/(json|proto)');
const isConnectStream = contentType('application/connect\\+(json|proto)');

function contentType(pattern: string): object {
  return { name: 'content-type', string_match: { safe_regex: { regex: `${pattern}( *;.*)?` } } };
}

/** A read by GET, whose message is in the query; caches may keep the answer. */
function connectGet(method: EdgeMethod): object {
  const get = route(method, 'gateway-front', [headerIs(':method', 'GET')], connectRetry);
  const query = { name: 'connect', string_match: { exact: 'v1' } };
  return { ...get, match: { ...get.match, query_parameters: [query] } };
}

function route(method: EdgeMethod, cluster: string, headers: object[], retry: string) {
  const seconds = method.streams ? STREAM_SECONDS : UNARY_SECONDS;
  return {
    name: method.path.slice(1),
    // The span's name; without it that is the host that the client wrote.
    decorator: { operation: method.path.slice(1), propagate: false },
    match: { path: method.path, headers },
    route: {
      cluster,
      // The bound below counts for the whole call, also for a client that states no grpc-timeout, or one of years.
      timeout: '0s',
      max_stream_duration: {
        max_stream_duration: `${seconds}s`,
        grpc_timeout_header_max: `${seconds}s`,
        // So that the refusal, with its details, is there before a client gives up by its own clock.
        grpc_timeout_header_offset: '0.02s',
      },
      idle_timeout: `${seconds}s`,
      ...(isRepeatable(method.method)
        ? { retry_policy: { ...elsewhere, num_retries: 1, retry_on: retry } }
        : {}),
    },
    typed_per_filter_config: {
      ...(method.open ? optionalToken : requiredToken),
      ...(method.roles.length > 0 ? requiredRoles(method.roles) : {}),
    },
  };
}

const grpcRetry = 'connect-failure,refused-stream,reset,unavailable';
/** An UNAVAILABLE from there is the service's, which the gateway has asked twice already. */
const connectRetry = 'connect-failure,refused-stream,reset';

function headerIs(name: string, exact: string): object {
  return { name, string_match: { exact } };
}
