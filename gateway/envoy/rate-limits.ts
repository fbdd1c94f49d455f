import type { EnvoyOptions } from './options.ts';
import { CLAIMS } from './token.ts';
import { extension } from './typed.ts';

const SECONDS = { second: 1, minute: 60, hour: 3600 } as const;

/** So many requests a second, minute or hour. */
export type Rate = { readonly requests: number; readonly per: keyof typeof SECONDS };

/** For how long requests are counted before they are forgotten, in milliseconds. */
export function windowMs({ per }: Rate): number {
  return SECONDS[per] * 1000;
}

/** How often somebody may call. */
export type Limits = {
  /** Whatever is called, by the address that the connection comes from; no header changes that. */
  readonly address: Rate;
  /** Whatever is called, by the token's user, on however many connections. */
  readonly user: Rate;
  /** Beside those, by method and address: what passwords, accounts and mails are guessed and made with. */
  readonly methods: Readonly<Record<string, Rate>>;
};

const USERS = '/shopverse.user.v1.UserService';
const WEB_SESSIONS = '/shopverse.gateway.v1.WebSessionService';

/** What one customer can't come near, and a thousand guesses can. */
export const LIMITS: Limits = {
  address: { requests: 300, per: 'second' },
  user: { requests: 100, per: 'second' },
  methods: {
    [`${USERS}/LogIn`]: { requests: 20, per: 'minute' },
    [`${USERS}/Register`]: { requests: 10, per: 'minute' },
    [`${USERS}/RequestPasswordReset`]: { requests: 10, per: 'minute' },
    [`${USERS}/ResetPassword`]: { requests: 20, per: 'minute' },
    [`${USERS}/VerifyEmail`]: { requests: 20, per: 'minute' },
    [`${USERS}/RefreshTokens`]: { requests: 60, per: 'minute' },
    [`${WEB_SESSIONS}/SignIn`]: { requests: 20, per: 'minute' },
    [`${WEB_SESSIONS}/Refresh`]: { requests: 60, per: 'minute' },
  },
};

/** The cluster of the rate limit service, and the name under which it knows these limits. */
export const LIMIT_CLUSTER = 'ratelimit';
const DOMAIN = 'edge';

/** The limits, each times `factor`. */
export function loosened(limits: Limits, factor: number): Limits {
  const times = (rate: Rate): Rate => ({ ...rate, requests: rate.requests * factor });
  return {
    address: times(limits.address),
    user: times(limits.user),
    methods: Object.fromEntries(Object.entries(limits.methods).map(([path, rate]) => [path, times(rate)])),
  };
}

/**
 * The filters that hold the limits, to come after the token's. First this Envoy's own buckets, which need nobody; then, if
 * there is one, the service that counts for all Envoys in Redis: asked for 20 ms at the most by default, and not missed when it or
 * its Redis is away. Both answer RESOURCE_EXHAUSTED and say in x-ratelimit-* how much is left.
 */
export function limitFilters(options: EnvoyOptions): object[] {
  const limits = loosened(options.limits ?? LIMITS, options.limitFactor ?? 1);
  const own = extension(
    'envoy.filters.http.local_ratelimit',
    'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
    {
      stat_prefix: 'edge_limits',
      // Of all requests together; what is meant stands in the descriptors.
      token_bucket: { max_tokens: 1_000_000, tokens_per_fill: 1_000_000, fill_interval: '1s' },
      always_consume_default_token_bucket: false,
      filter_enabled: always('limits.enabled'),
      filter_enforced: always('limits.enforced'),
      rate_limits: COUNTED,
      descriptors: [
        bucket([{ key: 'remote_address' }], limits.address),
        bucket([{ key: 'user' }], limits.user),
        ...Object.entries(limits.methods).map(([path, rate]) =>
          bucket([{ key: 'path', value: path }, { key: 'remote_address' }], rate),
        ),
      ],
      // Somebody with more addresses than this finds an empty bucket again for each.
      max_dynamic_descriptors: 20_000,
      // Said once: by the count that more of the calls are in.
      enable_x_ratelimit_headers: options.rateLimitPort === undefined ? 'DRAFT_VERSION_03' : 'OFF',
      rate_limited_as_resource_exhausted: true,
    },
  );
  if (options.rateLimitPort === undefined) return [own];
  return [
    own,
    extension('envoy.filters.http.ratelimit', 'envoy.extensions.filters.http.ratelimit.v3.RateLimit', {
      domain: DOMAIN,
      timeout: `${(options.rateLimitWaitMs ?? 20) / 1000}s`,
      failure_mode_deny: false,
      rate_limits: COUNTED,
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      rate_limited_as_resource_exhausted: true,
      rate_limit_service: {
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: LIMIT_CLUSTER } },
      },
    }),
  ];
}

/** The same limits as the rate limit service reads them. */
export function limitServiceConfig(limits: Limits): object {
  const rate = ({ requests, per }: Rate) => ({ requests_per_unit: requests, unit: per });
  return {
    domain: DOMAIN,
    descriptors: [
      { key: 'remote_address', rate_limit: rate(limits.address) },
      { key: 'user', rate_limit: rate(limits.user) },
      ...Object.entries(limits.methods).map(([path, each]) => ({
        key: 'path',
        value: path,
        descriptors: [{ key: 'remote_address', rate_limit: rate(each) }],
      })),
    ],
  };
}

/** By what requests are counted: the connection's address, the verified token's user, and the method from an address. */
const COUNTED = [
  { actions: [{ remote_address: {} }] },
  {
    actions: [
      {
        metadata: {
          descriptor_key: 'user',
          metadata_key: { key: CLAIMS.filter, path: [{ key: CLAIMS.key }, { key: 'sub' }] },
        },
      },
    ],
  },
  {
    actions: [{ request_headers: { header_name: ':path', descriptor_key: 'path' } }, { remote_address: {} }],
  },
];

function bucket(entries: object[], { requests, per }: Rate): object {
  const fill_interval = `${SECONDS[per]}s`;
  return { entries, token_bucket: { max_tokens: requests, tokens_per_fill: requests, fill_interval } };
}

function always(runtimeKey: string): object {
  return { runtime_key: runtimeKey, default_value: { numerator: 100, denominator: 'HUNDRED' } };
}
