import { extension } from './typed.ts';

const MEMORY = 'envoy.resource_monitors.fixed_heap';
const CONNECTIONS = 'envoy.resource_monitors.global_downstream_max_connections';

function above(monitor: string, value: number): object[] {
  return [{ name: monitor, threshold: { value } }];
}

/** What Envoy gives up before it runs out of memory, or of connections: first caches, then new requests. */
export const overloadManager: object = {
  refresh_interval: '0.25s',
  resource_monitors: [
    extension(MEMORY, 'envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig', {
      max_heap_size_bytes: 300 * 1024 * 1024,
    }),
    extension(
      CONNECTIONS,
      'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
      { max_active_downstream_connections: 10_000 },
    ),
  ],
  actions: [
    { name: 'envoy.overload_actions.shrink_heap', triggers: above(MEMORY, 0.9) },
    { name: 'envoy.overload_actions.stop_accepting_requests', triggers: above(MEMORY, 0.95) },
    { name: 'envoy.overload_actions.disable_http_keepalive', triggers: above(MEMORY, 0.93) },
  ],
};

/** What one connection can do at once, so that resetting streams rapidly gains nothing; and spans sent within a second. */
export const runtimeLayers: object = {
  layers: [
    {
      name: 'limits',
      static_layer: {
        http: { max_requests_per_io_cycle: 5 },
        tracing: { zipkin: { flush_interval_ms: 1000, min_flush_spans: 50 } },
        overload: { premature_reset_total_stream_count: 500, premature_reset_min_stream_lifetime_seconds: 1 },
      },
    },
  ],
};
