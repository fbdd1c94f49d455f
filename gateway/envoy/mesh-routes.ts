import { status } from '@grpc/grpc-js';
import type { Fault, HttpRule, Match, VirtualService } from '../../mesh/manifest.ts';
import { serviceOfHost } from '../../mesh/manifest.ts';
import { type HeaderRule, type PathRule, rulesForPath } from '../../mesh/rules.ts';
import { extension, typed } from './typed.ts';

const FAULT = 'envoy.filters.http.fault';
const KNOWN_FIELDS = new Set(['name', 'match', 'route', 'timeout', 'retries', 'fault']);

/** A route of the edge, as far as the mesh's rules have a say in it. */
export type EdgeRoute = {
  readonly match: { readonly path: string; readonly headers: readonly object[] };
  readonly route: Readonly<Record<string, unknown>> & { readonly max_stream_duration: object };
  readonly typed_per_filter_config: Readonly<Record<string, object>>;
};

/** Makes a call suffer what a route asks for; without such a route it does nothing. */
export const faultFilter: object = extension(FAULT, 'envoy.extensions.filters.http.fault.v3.HTTPFault');

/** The name of the cluster that holds those of a service's instances that a DestinationRule calls `subset`. */
export function subsetCluster(service: string, subset?: string): string {
  return subset === undefined ? service : `${service}.${subset}`;
}

/**
 * A route to a service under that service's VirtualService: a route for each of its rules, as the proxies in the mesh
 * read them. Throws a sentence for a rule with something that the edge doesn't do.
 */
export function underMesh<R extends EdgeRoute>(
  route: R,
  service: string,
  mesh: readonly VirtualService[],
): object[] {
  const rules = mesh
    .filter(({ spec }) => spec.hosts.some((host) => serviceOfHost(host) === service))
    .flatMap(({ spec }) => spec.http);
  const fitting = rulesForPath(route.match.path, rules);
  const decided = fitting.map((each) => ruled(route, service, each));
  return fitting.at(-1)?.headers.length === 0 ? decided : [...decided, route];
}

function ruled(route: EdgeRoute, service: string, { headers, rule }: PathRule): object {
  const unknown = Object.keys(rule).find((field) => !KNOWN_FIELDS.has(field));
  if (unknown !== undefined)
    throw new Error(`The edge does not do "${unknown}" of the rule ${rule.name ?? ''}.`);
  const { cluster: _, retry_policy: __, ...rest } = route.route;
  return {
    ...route,
    match: { ...route.match, headers: [...route.match.headers, ...headers.map(headerMatcher)] },
    route: {
      ...rest,
      ...destinations(service, rule),
      ...(rule.timeout === undefined ? {} : { max_stream_duration: limited(route.route, rule.timeout) }),
      ...retries(rule),
    },
    typed_per_filter_config: { ...route.typed_per_filter_config, ...faults(rule.fault) },
  };
}

function headerMatcher({ name, match, absent }: HeaderRule): object {
  const text = stringMatcher(match);
  return {
    name,
    ...(text === undefined ? { present_match: true } : { string_match: text }),
    ...(absent ? { invert_match: true } : {}),
  };
}

function stringMatcher({ exact, prefix, regex }: Match): object | undefined {
  if (exact !== undefined) return { exact };
  if (prefix !== undefined) return { prefix };
  return regex === undefined ? undefined : { safe_regex: { regex } };
}

function destinations(service: string, { name, route = [] }: HttpRule): object {
  const clusters = route.map(({ destination, weight = 100 }) => {
    const target = serviceOfHost(destination.host);
    if (target === undefined)
      throw new Error(`The rule ${name ?? ''} leads to ${destination.host}, which is no service.`);
    return { name: subsetCluster(target, destination.subset), weight };
  });
  const [first] = clusters;
  if (first === undefined) return { cluster: service };
  return clusters.length === 1 ? { cluster: first.name } : { weighted_clusters: { clusters } };
}

/** The shorter of what the edge allows and what the rule does; a client's own deadline counts still. */
function limited({ max_stream_duration: own }: EdgeRoute['route'], timeout: string): object {
  const seconds = `${secondsOf(timeout)}s`;
  return { ...own, max_stream_duration: seconds, grpc_timeout_header_max: seconds };
}

function retries({ retries: wanted }: HttpRule): object {
  if (wanted === undefined || wanted.attempts === 0) return {};
  const { attempts, retryOn = 'connect-failure,refused-stream,unavailable', perTryTimeout } = wanted;
  return {
    retry_policy: {
      ...elsewhere,
      num_retries: attempts,
      retry_on: retryOn,
      ...(perTryTimeout === undefined ? {} : { per_try_timeout: `${secondsOf(perTryTimeout)}s` }),
    },
  };
}

/** On another instance than the one that failed, where there is one. */
export const elsewhere: object = {
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: typed('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'),
    },
  ],
  // Hosts are drawn at random, and one that is away, having nothing to do, is drawn gladly.
  host_selection_retry_max_attempts: 10,
};

function faults(fault: Fault | undefined): Record<string, object> {
  if (fault === undefined) return {};
  const { delay, abort } = fault;
  return {
    [FAULT]: typed('envoy.extensions.filters.http.fault.v3.HTTPFault', {
      ...(delay === undefined
        ? {}
        : { delay: { fixed_delay: `${secondsOf(delay.fixedDelay)}s`, percentage: share(delay.percentage) } }),
      ...(abort === undefined
        ? {}
        : { abort: { ...abortStatus(abort), percentage: share(abort.percentage) } }),
    }),
  };
}

function abortStatus({ grpcStatus, httpStatus }: NonNullable<Fault['abort']>): object {
  if (grpcStatus === undefined) return { http_status: httpStatus ?? 503 };
  const code = status[grpcStatus as keyof typeof status];
  if (code === undefined) throw new Error(`"${grpcStatus}" is no gRPC status.`);
  return { grpc_status: code };
}

/** Istio's default is all of them. */
function share(percentage = { value: 100 }): object {
  return { numerator: Math.round(percentage.value * 10_000), denominator: 'MILLION' };
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Istio's durations, such as `1.5s` or `20ms`, in seconds. */
export function secondsOf(duration: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? [];
  const seconds = Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (!Number.isFinite(seconds)) throw new Error(`"${duration}" is no duration.`);
  return seconds;
}
