import { meshHost, meshNamespace, spiffeId } from '#platform/auth/workload.ts';
import { createHistogram, type Histogram, histogramText, labelText, observe } from './histogram.ts';

/** One finished call, as its server or its client saw it. */
export type FinishedCall = {
  readonly side: 'server' | 'client';
  /** `package.Service/Method`. */
  readonly method: string;
  /** The gRPC status code's number. */
  readonly code: number;
  /** The workload at the other end; undefined when it isn't known, such as behind the edge. */
  readonly peer: string | undefined;
  readonly milliseconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
};

/** The metrics of a process's calls: ours by method, and Istio's standard ones by workload. */
export type CallMetrics = {
  record(call: FinishedCall): void;
  /** Prometheus' text format. */
  text(): string;
};

type MeshSeries = {
  readonly labels: string;
  readonly duration: Histogram;
  readonly requestBytes: Histogram;
  readonly responseBytes: Histogram;
};
type MethodSeries = { readonly labels: string; readonly seconds: Histogram; readonly mesh: MeshSeries };

const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const millisecondsBounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000];
const bytesBounds = [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304];

/** Metrics of the calls that `service` serves and makes. Recording a call is one look-up and five additions. */
export function createCallMetrics(service: string, version = 'unknown'): CallMetrics {
  const methods = new Map<string, MethodSeries>();
  const meshes = new Map<string, MeshSeries>();

  function meshFor(call: FinishedCall): MeshSeries {
    const labels = meshLabels({ service, version }, call);
    let series = meshes.get(labels);
    if (series === undefined) {
      series = {
        labels,
        duration: createHistogram(millisecondsBounds),
        requestBytes: createHistogram(bytesBounds),
        responseBytes: createHistogram(bytesBounds),
      };
      meshes.set(labels, series);
    }
    return series;
  }

  function methodFor(call: FinishedCall): MethodSeries {
    const key = `${call.side} ${call.method} ${call.code} ${call.peer}`;
    let series = methods.get(key);
    if (series === undefined) {
      const labels = labelText({
        rpc_system_name: 'grpc',
        rpc_method: call.method,
        rpc_response_status_code: call.code,
        peer: call.peer ?? 'unknown',
      });
      series = { labels, seconds: createHistogram(secondsBounds), mesh: meshFor(call) };
      methods.set(key, series);
    }
    return series;
  }

  return {
    record: (call) => {
      const series = methodFor(call);
      observe(series.seconds, call.milliseconds / 1000);
      observe(series.mesh.duration, call.milliseconds);
      observe(series.mesh.requestBytes, call.requestBytes);
      observe(series.mesh.responseBytes, call.responseBytes);
    },
    text: () => methodText(methods) + meshText([...meshes.values()]),
  };
}

function methodText(methods: ReadonlyMap<string, MethodSeries>): string {
  return (['server', 'client'] as const)
    .map((side) => {
      const name = `rpc_${side}_call_duration_seconds`;
      const series = [...methods].filter(([key]) => key.startsWith(`${side} `)).map(([, value]) => value);
      return `# TYPE ${name} histogram\n${series.map((one) => histogramText(name, one.labels, one.seconds)).join('')}`;
    })
    .join('');
}

function meshText(series: readonly MeshSeries[]): string {
  const histogram = (name: string, of: (one: MeshSeries) => Histogram) =>
    `# TYPE ${name} histogram\n${series.map((one) => histogramText(name, one.labels, of(one))).join('')}`;
  const total = series.map((one) => `istio_requests_total{${one.labels}} ${one.duration.count}\n`).join('');
  return (
    `# TYPE istio_requests_total counter\n${total}` +
    histogram('istio_request_duration_milliseconds', (one) => one.duration) +
    histogram('istio_request_bytes', (one) => one.requestBytes) +
    histogram('istio_response_bytes', (one) => one.responseBytes)
  );
}

/** Istio's standard labels, so that its own dashboards read a proxyless service as they read a sidecar. */
function meshLabels({ service, version }: { service: string; version: string }, call: FinishedCall): string {
  // Of the other end nobody tells the version.
  const versions = { [`${call.side === 'client' ? 'source' : 'destination'}_version`]: version };
  const source = call.side === 'client' ? service : call.peer;
  const destination = call.side === 'client' ? call.peer : service;
  return labelText({
    reporter: call.side === 'client' ? 'source' : 'destination',
    ...workloadLabels('source', source),
    ...workloadLabels('destination', destination),
    ...versions,
    destination_service: destination === undefined ? 'unknown' : meshHost(destination),
    destination_service_name: destination ?? 'unknown',
    destination_service_namespace: destination === undefined ? 'unknown' : meshNamespace,
    request_protocol: 'grpc',
    response_code: 200,
    grpc_response_status: call.code,
    response_flags: '-',
    // As Istio has it, the destination alone tells; who is known here is known by a certificate.
    connection_security_policy:
      call.side === 'client' ? 'unknown' : source === undefined ? 'none' : 'mutual_tls',
  });
}

function workloadLabels(end: 'source' | 'destination', workload: string | undefined) {
  const known = workload !== undefined;
  return {
    [`${end}_workload`]: workload ?? 'unknown',
    [`${end}_workload_namespace`]: known ? meshNamespace : 'unknown',
    [`${end}_cluster`]: known ? 'Kubernetes' : 'unknown',
    [`${end}_principal`]: known ? spiffeId(workload) : 'unknown',
    [`${end}_app`]: workload ?? 'unknown',
    [`${end}_version`]: 'unknown',
    [`${end}_canonical_service`]: workload ?? 'unknown',
    [`${end}_canonical_revision`]: 'latest',
  };
}
