import type { EnvoyOptions } from './options.ts';
import { extension, typed } from './typed.ts';

const FILTER = 'envoy.filters.http.jwt_authn';
const PER_ROUTE = 'envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig';

/** Where the verified token's claims are kept for the filters after this one. */
export const CLAIMS = { filter: FILTER, key: 'claims' } as const;

/** A route that a token must come to. */
export const requiredToken = { [FILTER]: typed(PER_ROUTE, { requirement_name: 'required' }) };
/** A route that takes calls without a token, and refuses those with one that isn't valid. */
export const optionalToken = { [FILTER]: typed(PER_ROUTE, { requirement_name: 'optional' }) };
/** A route that no user calls: a token there is not looked at. */
export const noToken = { [FILTER]: typed(PER_ROUTE, { disabled: true }) };

/**
 * Verifies the access token, from the Authorization header only, against the user service's keys, which are fetched in
 * the background and outlive the endpoint. Routes say whether one is needed; where none says so, one is. The token goes on
 * to the service, which verifies it again.
 */
export function tokenFilter(options: EnvoyOptions): object {
  const provider = { provider_name: 'shopverse' };
  return extension(FILTER, 'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
    providers: {
      shopverse: {
        issuer: options.jwtIssuer ?? 'https://id.shopverse.local',
        audiences: [options.jwtAudience ?? 'shopverse'],
        require_expiration: true,
        clock_skew_seconds: 5,
        from_headers: [{ name: 'authorization', value_prefix: 'Bearer ' }],
        forward: true,
        payload_in_metadata: CLAIMS.key,
        jwt_cache_config: { jwt_cache_size: 2000, jwt_max_token_size: 4096 },
        remote_jwks: {
          http_uri: { uri: options.jwksUrl, cluster: 'user-http', timeout: '2s' },
          // A new key is published this long, and more, before a token is signed with it.
          cache_duration: '60s',
          async_fetch: { fast_listener: true, failed_refetch_duration: '1s' },
        },
      },
    },
    requirement_map: {
      required: provider,
      optional: { requires_any: { requirements: [provider, { allow_missing: {} }] } },
    },
    rules: [{ match: { prefix: '/' }, requires: provider }],
  });
}
