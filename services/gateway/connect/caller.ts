import type { IncomingMessage } from 'node:http';
import { createContextKey } from '@connectrpc/connect';

/** What a client says of itself, by header: token and guest's secret, unread. The called service judges them. */
export type Identity = Readonly<Record<string, readonly string[]>>;

/** Where a call keeps its client's identity. */
export const identityKey = createContextKey<Identity>({});

/** Every value of each header, where Node would keep the first: what is sent twice is the service's to refuse. */
export function identityOf({ headersDistinct }: IncomingMessage): Identity {
  const identity: Record<string, readonly string[]> = {};
  for (const name of ['authorization', 'x-shopverse-guest']) {
    const values = headersDistinct[name];
    if (values !== undefined) {
      identity[name] = values;
    }
  }
  return identity;
}
