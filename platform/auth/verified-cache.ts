import { hash } from 'node:crypto';

/** What a token proves, and until when (milliseconds since the epoch). */
export type Verified<T> = { readonly value: T; readonly expiresAt: number };

/**
 * Verifies a token once and remembers the proof until it expires, for `limit` tokens at the most; a hit is one hash
 * and one look-up. Tokens are kept as hashes only. Failures aren't remembered; calls with one token that is being
 * verified share the work.
 */
export function cacheVerified<T>(
  verify: (token: string) => Promise<Verified<T>>,
  options: { readonly limit: number; readonly now: () => number },
): (token: string) => T | Promise<T> {
  const proofs = new Map<string, Verified<T>>();
  const pending = new Map<string, Promise<T>>();

  async function verifyOnce(key: string, token: string): Promise<T> {
    try {
      const proof = await verify(token);
      if (proofs.size >= options.limit) {
        for (const oldest of proofs.keys()) {
          proofs.delete(oldest);
          break;
        }
      }
      proofs.set(key, proof);
      return proof.value;
    } finally {
      pending.delete(key);
    }
  }

  return (token) => {
    const key = hash('sha256', token, 'base64');
    const proof = proofs.get(key);
    if (proof !== undefined && proof.expiresAt > options.now()) {
      return proof.value;
    }
    proofs.delete(key);
    const running = pending.get(key) ?? verifyOnce(key, token);
    pending.set(key, running);
    return running;
  };
}
