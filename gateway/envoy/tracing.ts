import type { EnvoyOptions } from './options.ts';
import { extension } from './typed.ts';

/**
 * One span a request, sent to Zipkin, and a new trace each: clients' own trace headers are dropped before. Services get
 * the context in W3C's form, so that their spans hang below.
 */
export function tracing(options: EnvoyOptions): object {
  if (options.zipkinPort === undefined) return {};
  return {
    tracing: {
      random_sampling: { value: 100 * (options.traceSampleRatio ?? 1) },
      spawn_upstream_span: false,
      custom_tags: [{ tag: 'correlation_id', request_header: { name: 'x-request-id', default_value: '-' } }],
      provider: extension('envoy.tracers.zipkin', 'envoy.config.trace.v3.ZipkinConfig', {
        collector_cluster: 'zipkin',
        collector_endpoint: '/api/v2/spans',
        collector_endpoint_version: 'HTTP_JSON',
        shared_span_context: false,
        trace_id_128bit: true,
        trace_context_option: 'USE_B3_WITH_W3C_PROPAGATION',
      }),
    },
  };
}
