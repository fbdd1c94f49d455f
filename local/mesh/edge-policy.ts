import { secondsOf } from '../../gateway/envoy/mesh-routes.ts';
import {
  destinationRules,
  type Manifest,
  serviceOfHost,
  type TrafficPolicy,
  virtualServices,
} from '../../mesh/manifest.ts';

/** Some of a service's instances under a name: those that have the labels. */
export type Subset = { readonly name: string; readonly labels: Readonly<Record<string, string>> };

/** What the edge's cluster of one service follows. */
export type ServicePolicy = { readonly policy: TrafficPolicy; readonly subsets: readonly Subset[] };

/** The subsets that some rule leads to, as `order v2`. */
export function ledTo(mesh: readonly Manifest[]): ReadonlySet<string> {
  return new Set(
    virtualServices(mesh).flatMap(({ spec }) =>
      spec.http.flatMap(({ route = [] }) =>
        route.map(({ destination: { host, subset } }) => `${serviceOfHost(host)} ${subset}`),
      ),
    ),
  );
}

/** Each service's DestinationRule, with those of its subsets that calls are led to. */
export function edgePolicies(
  mesh: readonly Manifest[],
  led: ReadonlySet<string>,
): ReadonlyMap<string, ServicePolicy> {
  return new Map(
    destinationRules(mesh).flatMap(({ spec: { host, trafficPolicy = {}, subsets = [] } }) => {
      const service = serviceOfHost(host);
      if (service === undefined) return [];
      const used = subsets.filter(({ name }) => led.has(`${service} ${name}`));
      return [[service, { policy: trafficPolicy, subsets: used }] as const];
    }),
  );
}

/** The policy as fields of Envoy's cluster. What it leaves open is the edge's own choice. */
export function clusterFields({
  connectionPool = {},
  outlierDetection: outlier = {},
}: TrafficPolicy): object {
  const { tcp = {}, http = {} } = connectionPool;
  return {
    connect_timeout: tcp.connectTimeout ?? '1s',
    circuit_breakers: {
      thresholds: [
        {
          max_requests: http.http2MaxRequests ?? 2_000,
          max_pending_requests: http.http1MaxPendingRequests ?? 1_000,
          max_connections: tcp.maxConnections ?? 64,
          // Envoy's own 3 would be used up by the calls that one killed instance leaves behind.
          max_retries: http.maxRetries ?? 1_000,
        },
      ],
    },
    outlier_detection: {
      consecutive_gateway_failure: outlier.consecutiveGatewayErrors ?? 3,
      // As Istio has it, one is off where only the other is stated.
      enforcing_consecutive_gateway_failure: outlier.consecutiveGatewayErrors === 0 ? 0 : 100,
      ...(outlier.consecutive5xxErrors ? { consecutive_5xx: outlier.consecutive5xxErrors } : {}),
      interval: outlier.interval ?? '1s',
      base_ejection_time: outlier.baseEjectionTime ?? '3s',
      // The last endpoint is never thrown out: a slow service is better than none.
      max_ejection_percent: outlier.maxEjectionPercent ?? 50,
    },
  };
}

/** The policy for services' own clients, of which istiod tells them nothing. */
export function clientPolicy({ connectionPool, outlierDetection: outlier }: TrafficPolicy): object {
  return {
    mostCalls: connectionPool?.http?.http2MaxRequests,
    ...(outlier?.consecutiveGatewayErrors
      ? {
          outliers: {
            errorsInARow: outlier.consecutiveGatewayErrors,
            ejectionMs: Math.round(secondsOf(outlier.baseEjectionTime ?? '30s') * 1_000),
            mostPercent: outlier.maxEjectionPercent ?? 10,
          },
        }
      : {}),
  };
}
