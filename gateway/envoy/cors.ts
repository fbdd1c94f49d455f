import { SERVICE_HEADER } from './edge-methods.ts';
import { extension, typed } from './typed.ts';

const FILTER = 'envoy.filters.http.cors';

/** Answers browsers that ask whether a page may call. */
export const corsFilter: object = extension(FILTER, 'envoy.extensions.filters.http.cors.v3.Cors');

/** Web pages on this machine: those of Vite's servers. */
export const DEV_ORIGINS = ['http://localhost:5173', 'http://127.0.0.1:5173'];

/**
 * Which pages may call, with what, and what they may read of the answer. Origins match exactly. Cookies travel only where
 * it is said.
 */
export function corsPolicy(origins: readonly string[], withCookies = false): Record<string, object> {
  return {
    [FILTER]: typed('envoy.extensions.filters.http.cors.v3.CorsPolicy', {
      allow_origin_string_match: origins.map((exact) => ({ exact })),
      allow_methods: 'GET, POST',
      allow_headers: [
        ...['authorization', 'content-type', 'grpc-timeout', 'x-grpc-web', 'x-user-agent'],
        ...['connect-protocol-version', 'connect-timeout-ms', 'x-shopverse-guest', 'x-shopverse-web'],
        SERVICE_HEADER,
      ].join(', '),
      expose_headers: 'grpc-status, grpc-message, grpc-status-details-bin, x-correlation-id, retry-after',
      max_age: '7200',
      allow_credentials: withCookies,
    }),
  };
}
