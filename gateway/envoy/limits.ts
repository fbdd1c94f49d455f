import { extension, typed } from './typed.ts';

const BUFFER = 'envoy.filters.http.buffer';
/** What the services take of one message: what is larger is refused here already, alike over every protocol. */
export const LARGEST_REQUEST = 4 * 1024 * 1024;

/** Takes a request whole before it goes on, and refuses one that is too large: a slow sender holds up no service. */
export const bodyFilter: object = extension(BUFFER, 'envoy.extensions.filters.http.buffer.v3.Buffer', {
  max_request_bytes: LARGEST_REQUEST,
});

/** A route with a smaller limit, in bytes. */
export function bodyLimit(bytes: number): Record<string, object> {
  return {
    [BUFFER]: typed('envoy.extensions.filters.http.buffer.v3.BufferPerRoute', {
      buffer: { max_request_bytes: bytes },
    }),
  };
}

/** Timeouts, sizes and windows of connections from outside. */
export const connectionLimits = {
  common_http_protocol_options: {
    idle_timeout: '300s',
    max_headers_count: 100,
    headers_with_underscores_action: 'REJECT_REQUEST',
  },
  http2_protocol_options: {
    max_concurrent_streams: 100,
    initial_stream_window_size: 65_536,
    initial_connection_window_size: 1_048_576,
    // A client that went away without a word is noticed.
    connection_keepalive: { interval: '30s', timeout: '10s' },
  },
  max_request_headers_kb: 32,
  request_headers_timeout: '5s',
  request_timeout: '30s',
  stream_idle_timeout: '300s',
  delayed_close_timeout: '1s',
};
