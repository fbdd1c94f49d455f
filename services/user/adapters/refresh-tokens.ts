import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RefreshTokens } from '../ports.ts';

/**
 * Refresh tokens of the form `session.generation.proof`, the proof being an HMAC of the session's seed and the
 * generation under the service's secret. So the newest token can be said again during the grace without being
 * stored, and the database alone doesn't tell any token.
 */
export function createRefreshTokens(secret: string): RefreshTokens & {
  /** Whether the proof is that of the session's seed. */
  proves(token: string, seed: Buffer): boolean;
} {
  const proof = (sessionId: string, seed: Buffer, generation: number) =>
    createHmac('sha256', secret)
      .update(`refresh ${sessionId} ${generation} `)
      .update(seed)
      .digest('base64url');
  const make: RefreshTokens['make'] = ({ sessionId, seed }, generation) =>
    `${sessionId}.${generation}.${proof(sessionId, seed, generation)}`;
  const parse: RefreshTokens['parse'] = (token) => {
    const match =
      /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})\.[A-Za-z0-9_-]{43}$/.exec(token);
    return match?.[1] === undefined ? undefined : { sessionId: match[1], generation: Number(match[2]) };
  };
  return {
    make,
    parse,
    proves(token, seed) {
      const claimed = parse(token);
      if (claimed === undefined) {
        return false;
      }
      const genuine = Buffer.from(make({ sessionId: claimed.sessionId, seed }, claimed.generation));
      const given = Buffer.from(token);
      return genuine.length === given.length && timingSafeEqual(genuine, given);
    },
  };
}
