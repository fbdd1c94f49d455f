import { join } from 'node:path';
import {
  type Authority,
  createAuthority,
  isDue,
  issueCertificate,
} from '#platform/auth/certificate-authority.ts';
import { readIfThere, writeAtomically, writeIfChanged } from '../files.ts';

export { spiffeId } from '#platform/auth/workload.ts';

/** The namespace that every workload of the mesh is named in. */
export const NAMESPACE = 'shopverse';

/** The edge as a workload, and whoever operates the stack; neither is a service that could be called. */
export const EDGE = 'edge';
export const OPERATOR = 'operator';

/** Where a workload's certificate and private key lie (one PEM file), and the authorities that all trust. */
export function identityPaths(state: string, workload: string): { key: string; trust: string } {
  return { key: join(state, 'identity', `${workload}.pem`), trust: join(state, 'identity', 'trust.pem') };
}

/** The edge's certificate in the form in which Envoy follows it. */
export function edgeSecretPath(state: string): string {
  return join(state, 'identity', 'edge-secret.json');
}

/**
 * Gives every workload a certificate for a day, and a new one, with a new key, when half of it is over. They are signed by the
 * stack's own authority, which is made once. Cheap enough to be asked every few seconds.
 */
export function issueIdentities(state: string, services: readonly string[]): void {
  const authority = authorityOf(state);
  writeIfChanged(identityPaths(state, '').trust, authority.certificate);
  for (const workload of [...services, EDGE, OPERATOR]) {
    const { key } = identityPaths(state, workload);
    if (isDue(readIfThere(key) ?? '')) writeAtomically(key, issueCertificate(authority, workload), 0o600);
  }
  const edge = readIfThere(identityPaths(state, EDGE).key) ?? '';
  if (readIfThere(edgeSecretPath(state))?.includes(JSON.stringify(edge)) !== true) {
    writeAtomically(edgeSecretPath(state), JSON.stringify(renderSecret(edge)), 0o600);
  }
}

/** Envoy's secret of a certificate with its key, as a file that it watches. */
export function renderSecret(pem: string): object {
  return {
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
        name: EDGE,
        tls_certificate: { certificate_chain: { inline_string: pem }, private_key: { inline_string: pem } },
      },
    ],
  };
}

function authorityOf(state: string): Authority {
  const path = join(state, 'identity', 'authority.json');
  const existing = readIfThere(path);
  if (existing !== undefined) return JSON.parse(existing);
  const made = createAuthority();
  writeAtomically(path, JSON.stringify(made), 0o600);
  return made;
}
