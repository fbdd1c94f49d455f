import { extension, setHeader } from './typed.ts';

/** Headers by which a workload, a proxy or a trace speaks. From outside none of them is true. */
const NAMES = [
  'x-user-id',
  'x-user',
  'x-roles',
  'x-role',
  'x-session-id',
  'x-correlation-id',
  'x-request-id',
  'x-forwarded-client-cert',
  'x-real-ip',
  'forwarded',
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
];
/** The content type as the client sent it, for the edge's own answers: filters change it on the way. */
export const SENT_TYPE_HEADER = 'x-edge-content-type';

const PREFIXES = ['x-jwt-', 'x-auth-', 'x-b3-', 'x-envoy-', 'x-istio-', 'x-goog-'];

/**
 * Takes these headers away before anything reads them: routes, traces, filters. What a client may say of itself is its
 * token, and the secret of its guest cart (`x-shopverse-guest`).
 */
export const dropForeignIdentity: object = extension(
  'envoy.http.early_header_mutation.header_mutation',
  'envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
  {
    mutations: [
      ...NAMES.map((name) => ({ remove: name })),
      { append: setHeader(SENT_TYPE_HEADER, '%REQ(CONTENT-TYPE)%') },
      ...PREFIXES.map((prefix) => ({ remove_on_match: { key_matcher: { prefix } } })),
    ],
  },
);
