import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { tokenInvalid, unavailable } from '#platform/errors/refusal.ts';
import type { Logger } from '#platform/log/logger.ts';
import { cacheVerified } from './verified-cache.ts';

/** The user whom a valid access token speaks for. */
export type SignedInUser = {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
};

/** Access tokens against the user service's published keys. */
export type AccessTokens = {
  /**
   * The token's user. Throws UNAUTHENTICATED for a token that isn't valid, whatever the fault, and UNAVAILABLE when
   * that can't be told because its key was never seen and the keys can't be fetched.
   */
  verify(token: string): SignedInUser | Promise<SignedInUser>;
  stop(): void;
};

const maxTokenLength = 4096;
const refreshMs = 60_000;

/**
 * Verifies with keys that are fetched in the background every minute, and at once for a key id not seen before, at
 * most every five seconds. With the endpoint away the last known keys go on serving.
 */
export function createAccessTokens(options: {
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
  /** Whether a session was ended before its tokens are over. */
  readonly isEnded: (sessionId: string) => boolean;
  readonly log: Logger;
  readonly now: () => number;
}): AccessTokens {
  const keys = createRemoteJWKSet(options.jwksUrl, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: 5000,
    timeoutDuration: 3000,
  });
  const refresh = setInterval(() => {
    keys
      .reload()
      .catch((error: unknown) => options.log.warn({ err: error }, 'the signing keys stay as they were'));
  }, refreshMs).unref();

  async function verifyOnce(token: string) {
    if (token.length > maxTokenLength || !hasPlainKeyId(token)) {
      throw tokenInvalid();
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ['EdDSA', 'Ed25519', 'ES256'],
        requiredClaims: ['sub', 'sid', 'exp'],
        currentDate: new Date(options.now()),
      });
      const { sub, sid, roles = [], exp = 0 } = payload;
      if (typeof sub !== 'string' || typeof sid !== 'string' || !isTexts(roles)) {
        throw tokenInvalid();
      }
      return { value: { userId: sub, sessionId: sid, roles }, expiresAt: exp * 1000 };
    } catch (error) {
      throw refusalFor(error, options.log);
    }
  }

  const genuine = cacheVerified(verifyOnce, { limit: 10_000, now: options.now });
  function alive(user: SignedInUser): SignedInUser {
    if (options.isEnded(user.sessionId)) {
      throw tokenInvalid();
    }
    return user;
  }

  return {
    verify: (token) => {
      const user = genuine(token);
      return user instanceof Promise ? user.then(alive) : alive(user);
    },
    stop: () => clearInterval(refresh),
  };
}

function refusalFor(error: unknown, log: Logger) {
  const aboutKeys =
    error instanceof TypeError ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    // A bare JOSEError is the endpoint's answer being no key set; all that concerns the token are subclasses.
    (error instanceof errors.JOSEError && error.constructor === errors.JOSEError);
  if (aboutKeys) {
    log.warn({ err: error }, 'a token could not be verified: its signing key is out of reach');
    return unavailable();
  }
  return error instanceof errors.JOSEError ? tokenInvalid() : error;
}

/** Refuses a made-up key id before anything is looked up or fetched for it. */
function hasPlainKeyId(token: string): boolean {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString(),
    );
    return (
      typeof header === 'object' &&
      header !== null &&
      'kid' in header &&
      typeof header.kid === 'string' &&
      /^[\w.:-]{1,128}$/.test(header.kid)
    );
  } catch {
    return false;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
