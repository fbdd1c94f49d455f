import { SERVICE_HEADER } from './edge-methods.ts';
import { extension, typed } from './typed.ts';

const FILTER = 'envoy.filters.http.cors';

/** Answers browsers that ask whether a page may call. */
export const corsFilter: object = extension(FILTER, 'envoy.extensions.filters.http.cors.v3.Cors');

/** Which pages may call, with what, and what they may read of the answer. Origins match exactly; cookies don't travel. */
export function corsPolicy(origins: readonly string[]): Record<string, object> {
  return {
    [FILTER]: typed('envoy.extensions.filters.http.cors.v3.CorsPolicy', {
      allow_origin_string_match: origins.map((exact) => ({ exact })),
      allow_methods: 'GET, POST',
      allow_headers: [
        ...['authorization', 'content-type', 'grpc-timeout', 'x-grpc-web', 'x-user-agent'],
        ...['connect-protocol-version', 'connect-timeout-ms', 'x-shopverse-guest', SERVICE_HEADER],
      ].join(', '),
      expose_headers: 'grpc-status, grpc-message, grpc-status-details-bin, x-correlation-id, retry-after',
      max_age: '7200',
    }),
  };
}
