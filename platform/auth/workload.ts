/** The mesh's namespace: in Kubernetes the namespace, in SPIFFE ids the `ns`. */
export const meshNamespace = 'shopverse';

const trustDomain = 'cluster.local';
const idPrefix = `spiffe://${trustDomain}/ns/${meshNamespace}/sa/`;

/** A service's name in the mesh, without port. */
export function meshHost(service: string): string {
  return `${service}.${meshNamespace}.svc.${trustDomain}`;
}

/** A service's workload identity. */
export function spiffeId(service: string): string {
  return idPrefix + service;
}

/** The service that a SPIFFE id names; undefined for any other identity. */
export function serviceOf(id: string): string | undefined {
  const service = id.startsWith(idPrefix) ? id.slice(idPrefix.length) : '';
  return /^[a-z][a-z-]*$/.test(service) ? service : undefined;
}
