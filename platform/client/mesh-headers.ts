import type { Metadata } from '@grpc/grpc-js';

/**
 * Headers by which a call says how the mesh is to treat it: which version it wants, which fault it is to suffer. The
 * mesh's rules match on them, and they go on with every call that is made for this one. They give nobody any right.
 */
export const MESH_PREFIX = 'x-mesh-';

/** What a call carries of them, the first value of each. */
export type MeshHeaders = Readonly<Record<string, string>>;

/** At most so many are passed on. */
const MOST = 8;

/** The mesh headers of a call that has arrived; undefined where there is none. */
export function meshHeadersOf(metadata: Metadata): MeshHeaders | undefined {
  const found = Object.entries(metadata.getMap()).flatMap(([name, value]) =>
    name.startsWith(MESH_PREFIX) && typeof value === 'string' ? [[name, value] as const] : [],
  );
  return found.length === 0 ? undefined : Object.fromEntries(found.slice(0, MOST));
}
