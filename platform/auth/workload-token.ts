import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errors, jwtVerify, SignJWT } from 'jose';
import { tokenInvalid } from '#platform/errors/refusal.ts';
import { cacheVerified } from './verified-cache.ts';
import { serviceOf, spiffeId } from './workload.ts';

/** This workload's own proof of identity, and the checking of others'. A JWT-SVID after SPIFFE's specification. */
export type WorkloadTokens = {
  /** A token that proves this workload to `peer`, valid for at least another minute. */
  forPeer(peer: string): string | Promise<string>;
  /** The service that a token made for this workload proves. Throws UNAUTHENTICATED for any other token. */
  verify(token: string): string | Promise<string>;
};

const lifetimeMs = 5 * 60_000;
const renewBeforeMs = 60_000;
const maxTokenLength = 2048;
const rereadMs = 1000;

/**
 * Reads this workload's private key (JWK or PEM, Ed25519) and the trusted public keys (a JWKS whose `kid` is the
 * SPIFFE id). Trusted keys are read again, once a second at most, when an unknown workload calls.
 */
export async function createWorkloadTokens(options: {
  readonly service: string;
  readonly identityPath: string;
  readonly trustPath: string;
  readonly now: () => number;
}): Promise<WorkloadTokens> {
  const key = parsePrivateKey(await readFile(options.identityPath, 'utf8'));
  const own = spiffeId(options.service);
  let trusted = await readTrusted(options.trustPath);
  let readAt = options.now();

  async function keyOf(id: string | undefined): Promise<KeyObject> {
    if (id === undefined || serviceOf(id) === undefined) {
      throw tokenInvalid();
    }
    if (!trusted.has(id) && options.now() - readAt > rereadMs) {
      readAt = options.now();
      trusted = await readTrusted(options.trustPath);
    }
    const found = trusted.get(id);
    if (found === undefined) {
      throw tokenInvalid();
    }
    return found;
  }

  async function verifyOnce(token: string) {
    if (token.length > maxTokenLength) {
      throw tokenInvalid();
    }
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => keyOf(header.kid), {
        audience: own,
        algorithms: ['EdDSA', 'Ed25519'],
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(options.now()),
      });
      const service = payload.sub === protectedHeader.kid ? serviceOf(payload.sub ?? '') : undefined;
      if (service === undefined) {
        throw tokenInvalid();
      }
      return { value: service, expiresAt: (payload.exp ?? 0) * 1000 };
    } catch (error) {
      throw error instanceof errors.JOSEError ? tokenInvalid() : error;
    }
  }

  return {
    forPeer: cacheOwn(options.now, (peer) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'EdDSA', kid: own, typ: 'JWT' })
        .setSubject(own)
        .setAudience(spiffeId(peer))
        .setIssuedAt(Math.floor(options.now() / 1000))
        .setExpirationTime(Math.floor((options.now() + lifetimeMs) / 1000))
        .sign(key),
    ),
    verify: cacheVerified(verifyOnce, { limit: 1000, now: options.now }),
  };
}

/** Signs once a peer and four minutes; calls that meet while one signs share it. */
function cacheOwn(now: () => number, sign: (peer: string) => Promise<string>) {
  const tokens = new Map<string, { token: string | Promise<string>; renewAt: number }>();
  return (peer: string): string | Promise<string> => {
    const held = tokens.get(peer);
    if (held !== undefined && held.renewAt > now()) {
      return held.token;
    }
    const signing = sign(peer);
    const entry = { token: signing as string | Promise<string>, renewAt: now() + lifetimeMs - renewBeforeMs };
    tokens.set(peer, entry);
    signing.then(
      (token) => {
        entry.token = token;
      },
      () => tokens.delete(peer),
    );
    return signing;
  };
}

function parsePrivateKey(text: string): KeyObject {
  return text.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
    : createPrivateKey(text);
}

async function readTrusted(path: string): Promise<ReadonlyMap<string, KeyObject>> {
  const read = JSON.parse(await readFile(path, 'utf8')) as { keys: (JsonWebKey & { kid?: string })[] };
  return new Map(
    read.keys.flatMap((jwk) =>
      jwk.kid === undefined ? [] : [[jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })] as const],
    ),
  );
}
