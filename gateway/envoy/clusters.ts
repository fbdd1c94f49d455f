import { LIMIT_CLUSTER } from './rate-limits.ts';
import { typed } from './typed.ts';

const HTTP = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** istiod's discovery port. Envoy asks again and again while it is away, and goes on with what it knows. */
export function istiodCluster(port: number): object {
  return overHttp2('istiod', port);
}

/** The service that counts calls. With it away calls are counted by this Envoy alone. */
export function limitCluster(port: number): object {
  return { ...overHttp2(LIMIT_CLUSTER, port), connect_timeout: '0.05s' };
}

function overHttp2(name: string, port: number): object {
  return {
    ...fixed(name, port),
    typed_extension_protocol_options: {
      [HTTP]: typed(HTTP, {
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
        },
      }),
    },
  };
}

/** Zipkin's collector. With it away spans are dropped, and requests don't notice. */
export function zipkinCluster(port: number): object {
  return fixed('zipkin', port);
}

function fixed(name: string, port: number): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
          ],
        },
      ],
    },
  };
}
