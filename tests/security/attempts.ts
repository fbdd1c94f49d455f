/** An attempt that must fail, as docs of security number them. */
export type Attempt = { readonly id: string; readonly attempt: string; readonly expected: string };

/** Every attempt that touches what is built. Tests carry its id in their name. */
export const attempts: readonly Attempt[] = [
  of('S-01', 'token with alg none, or HS256 signed with the public key', 'UNAUTHENTICATED'),
  of('S-03', 'key id as path, SQL, 10 KB; jku, x5u, jwk', 'UNAUTHENTICATED, nothing fetched'),
  of('S-05', 'token expired, too early, without end, of another issuer or audience', 'UNAUTHENTICATED'),
  of('S-08', 'token in query, cookie or body', 'ignored'),
  of('S-09', 'no token to every method that is not public', 'UNAUTHENTICATED'),
  of('S-10', 'a refresh token again after its rotation', 'UNAUTHENTICATED, the family ends'),
  of('S-11', '20 refreshes of one token at once', 'one live child'),
  of('S-12', 'access token after log-out, new password, other roles, ban', 'UNAUTHENTICATED within 60 s'),
  of('S-13', 'another’s id to every method that takes one', 'NOT_FOUND, as of none'),
  of('S-14', 'another’s thing inside one’s own', 'refused'),
  of('S-15', 'every method x every role and every service', 'PERMISSION_DENIED where its option says so'),
  of('S-16', 'mass assignment by mask and spelling', 'refused or ignored'),
  of('S-18', 'quantities of 0, -1, 2^31, sums that overflow', 'INVALID_ARGUMENT'),
  of('S-19', 'a price of one’s own, a stale one, another currency', 'the server’s price, or refused'),
  of('S-21', 'a coupon for one in 100 orders at once', 'one'),
  of('S-23', '50 orders of one cart at once, with one request id and with many', 'one charge'),
  of('S-24', 'refunds in parallel, above the capture, negative', 'at most what was captured'),
  of('S-26', 'carts and lines without end', 'bounded'),
  of('S-27', 'webhook unsigned, old, altered, ten times', 'refused; once'),
  of('S-30', 'SQL and control characters in every text', 'INVALID_ARGUMENT, or a literal'),
  of('S-31', 'ClickHouse’s url(), file(), remote()', 'ACCESS_DENIED'),
  of('S-32', 'page_size 10^9, deep offsets', 'capped'),
  of('S-34', 'huge message, compression bomb', 'refused before a service sees it'),
  of('S-36', '__proto__ and constructor as keys, by every door', 'no object is changed but its own'),
  of('S-37', 'rapid reset, slow headers', 'cut off, others served'),
  of('S-41', 'identity and trace headers from outside', 'dropped'),
  of('S-43', 'path tricks', 'the same decision, or none'),
  of('S-44', 'a call past the edge without a workload, or with a forged one', 'UNAUTHENTICATED or cut off'),
  of('S-46', 'reflection, metrics, parts from outside', 'closed'),
  of('S-47', 'parts with no or another’s credentials', 'denied'),
  of('S-49', 'every error', 'says nothing of the inside'),
  of('S-50', 'an address for a server to call', 'no served method takes one'),
  of('S-51', 'script and line breaks in names, texts and paths', 'text, or refused'),
  of('S-54', 'line breaks, colours, a megabyte in a log field', 'one line, cut'),
  of('S-55', 'does this address have an account', 'nobody can tell'),
  of('S-57', 'guessing a password', 'slowed by account and by address'),
  of('S-58', 'evading limits by headers, connections, addresses', 'the limit holds'),
  of('S-59', 'limits with Redis, or the shared count, away', 'local limits'),
  of('S-60', 'calls from other origins, with cookies too', 'no leave, or refused'),
  of('S-62', 'reset link again, guessed', 'refused'),
  of('S-64', 'secrets and addresses in logs, traces, facts', 'none'),
  of('S-67', 'the table of passwords', 'argon2id'),
  of('S-68', 'a lockfile that has drifted, packages with advisories', 'CI fails'),
];

function of(id: string, attempt: string, expected: string): Attempt {
  return { id, attempt, expected };
}

/** The ids that a test's name carries. */
export function idsIn(name: string): string[] {
  return name.match(/\bS-\d{2}\b/g) ?? [];
}
