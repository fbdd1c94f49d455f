import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';
import { type Limits, windowMs } from './rate-limits.ts';
import { both, replyForms } from './reply-forms.ts';
import { extension } from './typed.ts';

/** A status of Envoy's own, and what it means. */
type Meaning = {
  readonly when: object;
  readonly refused: RpcError;
  /** What plain HTTP and REST are answered, where that says more than what gRPC's code maps to. */
  readonly httpStatus?: number;
};

/** A token for another audience counts as no token: 403 from Envoy alone, which is left to those who may not do this. */
const tokenRefused = extension(
  'envoy.access_loggers.extension_filters.cel',
  'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
  { expression: 'response.code == 403 && response.code_details.startsWith("jwt_authn_access_denied")' },
);

const signIn = meaning('UNAUTHENTICATED', 'Sign in to do this: there is no valid token.');
const deadline = meaning('DEADLINE_EXCEEDED', 'The deadline passed before the answer.');

const meaningsOf = (limits: Limits): readonly Meaning[] => [
  { when: { extension_filter: tokenRefused }, refused: signIn },
  { when: status('EQ', 401), refused: signIn },
  { when: status('EQ', 403), refused: meaning('PERMISSION_DENIED', 'You may not do this.') },
  {
    when: status('EQ', 404),
    refused: meaning('UNKNOWN_METHOD', 'There is no such thing here.'),
    httpStatus: 404,
  },
  { when: status('EQ', 408), refused: deadline },
  { when: status('EQ', 504), refused: deadline },
  { when: status('EQ', 413), refused: meaning('TOO_LARGE', 'The request is too large.'), httpStatus: 413 },
  ...tooOften(limits),
  {
    when: status('GE', 500),
    refused: meaning('UNAVAILABLE', 'A part of the shop is away for a moment.', 1000),
  },
  { when: status('GE', 400), refused: meaning('INVALID_REQUEST', 'The request breaks its rules.') },
];

/**
 * What Envoy answers by itself, told as the services tell it: gRPC's code, ErrorInfo, and RetryInfo where it is worth
 * coming again, in words that say nothing of the inside, and in the form of each client's protocol. The
 * correlation id is in the header that every answer has.
 */
export function localReplies(limits: Limits): object {
  return {
    mappers: meaningsOf(limits).flatMap(({ when, refused, httpStatus }) =>
      replyForms.map((form) => ({
        filter: form.when === undefined ? when : both(when, form.when),
        ...form.tell(refused, httpStatus),
      })),
    ),
  };
}

/**
 * Who asked too often may come again when the limit's window is over, at the latest: of a method with a limit of its own that
 * window, else the shortest of those that everybody has. Envoy's replies are written beforehand; how much of the window is left
 * stands in x-ratelimit-reset.
 */
function tooOften({ methods, address, user }: Limits): Meaning[] {
  const limited = status('EQ', 429);
  const refused = (ms: number) => meaning('RATE_LIMITED', 'That is too often.', ms);
  const own = Map.groupBy(Object.entries(methods), ([, rate]) => windowMs(rate));
  return [
    ...[...own].map(([ms, paths]) => ({
      when: both(limited, pathAmong(paths.map(([path]) => path))),
      refused: refused(ms),
    })),
    { when: limited, refused: refused(Math.min(windowMs(address), windowMs(user))) },
  ];
}

function pathAmong(paths: readonly string[]): object {
  const filters = paths.map((exact) => ({
    header_filter: { header: { name: ':path', string_match: { exact } } },
  }));
  return filters.length === 1 ? (filters[0] as object) : { or_filter: { filters } };
}

function meaning(reason: keyof typeof ErrorReason, message: string, retryAfterMs?: number): RpcError {
  const details = retryAfterMs === undefined ? {} : { retryAfterMs };
  return refusal(ErrorReasonSchema, ErrorReason[reason], message, details);
}

function status(op: 'EQ' | 'GE', code: number): object {
  const value = { default_value: code, runtime_key: `edge.reply_from_${code}` };
  return { status_code_filter: { comparison: { op, value } } };
}
