import type { EdgeMethod } from './edge-methods.ts';
import { bodyLimit } from './limits.ts';
import { requiredRoles } from './roles.ts';
import { noToken, optionalToken, requiredToken } from './token.ts';

/** The longest that a client may wait for a unary answer, whatever its grpc-timeout says. */
const UNARY_SECONDS = 15;
/** The longest that a stream may last, after the services' own half hour; clients open it again. */
const STREAM_SECONDS = 1810;

/** The header by which an operator names the service whose `shopverse.platform.v1` is meant. */
export const SERVICE_HEADER = 'x-shopverse-service';

/**
 * The routes of a method: one to its service; for what every service serves, one to each, chosen by SERVICE_HEADER.
 * Paths match exactly. Nothing that may change something is ever sent twice from here.
 */
export function methodRoutes(method: EdgeMethod, services: readonly string[]): object[] {
  if (method.domain !== 'platform') return [route(method, method.domain)];
  return services.map((service) => route(method, service, [headerIs(SERVICE_HEADER, service)]));
}

/** Plain HTTP that the edge carries beside gRPC: the signing keys, and the payment provider's calls. */
export const plainRoutes: readonly object[] = [
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
    name: 'health',
    decorator: { operation: 'health', propagate: false },
    match: { path: '/healthz' },
    direct_response: { status: 200, body: { inline_string: 'ok\n' } },
    typed_per_filter_config: noToken,
  },
];

/** Everything else: there is no such thing, with a token or without. gRPC clients read UNIMPLEMENTED. */
export const nothingElse: object = {
  name: 'nothing',
  decorator: { operation: 'nothing', propagate: false },
  match: { prefix: '/' },
  direct_response: { status: 404 },
  typed_per_filter_config: noToken,
};

function route(method: EdgeMethod, cluster: string, headers: object[] = []): object {
  const seconds = method.streams ? STREAM_SECONDS : UNARY_SECONDS;
  return {
    name: method.path.slice(1),
    // The span's name; without it that is the host that the client wrote.
    decorator: { operation: method.path.slice(1), propagate: false },
    match: { path: method.path, headers: [...headers] },
    route: {
      cluster,
      // The bound below counts for the whole call, also for a client that states no grpc-timeout, or one of years.
      timeout: '0s',
      max_stream_duration: { max_stream_duration: `${seconds}s`, grpc_timeout_header_max: `${seconds}s` },
      idle_timeout: `${seconds}s`,
      ...(method.readsOnly && !method.streams ? { retry_policy: readRetry } : {}),
    },
    typed_per_filter_config: {
      ...(method.open ? optionalToken : requiredToken),
      ...(method.roles.length > 0 ? requiredRoles(method.roles) : {}),
    },
  };
}

const readRetry = {
  retry_on: 'connect-failure,refused-stream,unavailable',
  num_retries: 1,
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
      },
    },
  ],
  host_selection_retry_max_attempts: 3,
};

function headerIs(name: string, exact: string): object {
  return { name, string_match: { exact } };
}
