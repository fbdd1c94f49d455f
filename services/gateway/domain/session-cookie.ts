/**
 * The cookie's name. Browsers take one with this prefix only if it is Secure, for this very host, and for its whole path:
 * no other host of the domain can set or shadow it.
 */
export const SESSION_COOKIE = '__Host-shopverse-session';

/** No script reads it, no other site's page sends it, and it goes over TLS only (browsers take localhost for that). */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** The Set-Cookie that keeps a refresh token until it is over. */
export function keepSession(refreshToken: string, expireTime: Date, now: Date): string {
  const seconds = Math.max(0, Math.floor((expireTime.getTime() - now.getTime()) / 1000));
  return `${SESSION_COOKIE}=${refreshToken}; ${ATTRIBUTES}; Max-Age=${seconds}`;
}

/** The Set-Cookie that takes the cookie away. */
export const DROP_SESSION = `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;

/**
 * The refresh token among the cookies of these Cookie headers. Undefined for none, and for two that differ: which of them
 * is the host's own can't be told.
 */
export function sessionIn(headers: readonly string[]): string | undefined {
  const values = headers
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1));
  const [first] = new Set(values);
  return new Set(values).size === 1 && first !== '' ? first : undefined;
}
