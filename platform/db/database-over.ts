import type { Kysely } from 'kysely';
import type { EventSource } from '#platform/events/headers.ts';
import type { Database } from './database.ts';
import { runTransaction } from './transaction.ts';

const reservedConnections = 3;

/** A service's database over pools of connections: `open` makes one of so many, wherever they lead to. */
export function databaseOver<T>(options: {
  readonly source: EventSource;
  readonly url: string;
  /** The most connections at once, beside the reserved ones; 10 by default. */
  readonly poolSize?: number | undefined;
  readonly open: (size: number) => Kysely<T>;
}): Database<T> {
  const { source, url, open } = options;
  const db = open(options.poolSize ?? 10);
  const reserved = open(reservedConnections);
  const listeners = new Set<() => void>();
  return {
    db,
    service: source.service,
    url,
    async transaction(work, how) {
      const connections = how?.reserved === true ? reserved : db;
      const { result, appended } = await runTransaction(connections, source, work, how?.attempts);
      if (appended > 0) {
        for (const listener of listeners) {
          listener();
        }
      }
      return result;
    },
    onAppended(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await Promise.all([db.destroy(), reserved.destroy()]);
    },
  };
}
