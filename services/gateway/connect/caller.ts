import { createContextKey } from '@connectrpc/connect';
import { MESH_PREFIX } from '#platform/client/mesh-headers.ts';

/** What a client says of itself, by header: token and guest's secret, unread, and what it wants of the mesh. The called service judges them. */
export type Identity = Readonly<Record<string, readonly string[]>>;

/** Where a call keeps its client's identity. */
export const identityKey = createContextKey<Identity>({});

const names = new Set(['authorization', 'x-shopverse-guest']);

/** What a browser says beside it, for methods that read cookies. */
const browserNames = ['cookie', 'origin', 'sec-fetch-site', 'x-shopverse-web'];

/** What a browser says of itself and of the page that calls, unread. */
export function browserOf(header: Headers): Identity {
  return Object.fromEntries(
    browserNames.flatMap((name) => {
      const value = header.get(name);
      return value === null ? [] : [[name, [value]]];
    }),
  );
}

/** Every value of each header, where Node would keep the first: what is sent twice is the service's to refuse. */
export function identityOf(rawHeaders: readonly string[]): Identity {
  const identity: Record<string, readonly string[]> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (names.has(name) || name.startsWith(MESH_PREFIX)) {
      identity[name] = [...(identity[name] ?? []), rawHeaders[at + 1] ?? ''];
    }
  }
  return identity;
}
