import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeAtomically, writeIfChanged } from '../files.ts';

/** The trust domain and namespace that every workload of the mesh is named in. */
export const NAMESPACE = 'shopverse';

/** A service's workload identity. */
export function spiffeId(service: string): string {
  return `spiffe://cluster.local/ns/${NAMESPACE}/sa/${service}`;
}

/** Where a service's private key lies (an Ed25519 JWK), and where all public ones (a JWKS). */
export function identityPaths(state: string, service: string): { key: string; trust: string } {
  return { key: join(state, 'identity', `${service}.jwk`), trust: join(state, 'identity', 'trust.jwks') };
}

/** Gives every service a key, once, and publishes the public halves. */
export function issueIdentities(state: string, services: readonly string[]): void {
  const keys = services.map((service) => {
    const { key } = identityPaths(state, service);
    const existing = readIfThere(key);
    const jwk = existing ? JSON.parse(existing) : make(service);
    if (!existing) writeAtomically(key, JSON.stringify(jwk), 0o600);
    const { d: _, ...publicHalf } = jwk;
    return publicHalf;
  });
  writeIfChanged(identityPaths(state, '').trust, JSON.stringify({ keys }, null, 2));
}

function make(service: string): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), kid: spiffeId(service), alg: 'EdDSA', use: 'sig' };
}
