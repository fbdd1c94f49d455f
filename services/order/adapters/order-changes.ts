import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#platform/db/database.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { OrderChanges, OrderReader, OrderView } from '../ports.ts';
import type { OrderTables } from './tables.ts';

type Waiter = { readonly revision: bigint; readonly end: (view?: OrderView) => void };

/** How often everything watched is looked at when nothing was committed here, and at least how long between looks. */
const lookEveryMs = 250;
const restMs = 40;

/**
 * Tells of changes by looking for all watched orders in one query: soon after each commit of this process, and every
 * quarter of a second for those of other replicas. Looks only while something is watched.
 */
export function orderChanges(
  database: Pick<Database<OrderTables>, 'onAppended'>,
  reader: Pick<OrderReader, 'changed'>,
  log: Logger,
): OrderChanges {
  const waiting = new Map<string, Set<Waiter>>();
  let committed = Promise.withResolvers<void>();
  let looking = false;
  database.onAppended(() => committed.resolve());

  async function look(): Promise<void> {
    looking = true;
    while (waiting.size > 0) {
      await Promise.race([committed.promise, sleep(lookEveryMs)]);
      committed = Promise.withResolvers();
      try {
        await tellChanged();
      } catch (error) {
        log.warn({ err: error }, 'watched orders could not be looked at');
        await sleep(lookEveryMs);
      }
      await sleep(restMs);
    }
    looking = false;
  }

  async function tellChanged(): Promise<void> {
    const known = new Map(Array.from(waiting, ([orderId, waiters]) => [orderId, lowest(waiters)] as const));
    for (const view of await reader.changed(known)) {
      for (const waiter of waiting.get(view.order.orderId) ?? []) {
        if (view.order.revision > waiter.revision) {
          waiter.end(view);
        }
      }
    }
  }

  return {
    after(orderId, revision, signal) {
      const { promise, resolve } = Promise.withResolvers<OrderView | undefined>();
      if (signal.aborted) {
        resolve(undefined);
        return promise;
      }
      const waiters = waiting.get(orderId) ?? new Set();
      const leave = () => waiter.end();
      const waiter: Waiter = {
        revision,
        end(view) {
          signal.removeEventListener('abort', leave);
          waiters.delete(waiter);
          if (waiters.size === 0 && waiting.get(orderId) === waiters) {
            waiting.delete(orderId);
          }
          resolve(view);
        },
      };
      signal.addEventListener('abort', leave);
      waiting.set(orderId, waiters.add(waiter));
      if (!looking) {
        void look();
      }
      return promise;
    },
  };
}

function lowest(waiters: ReadonlySet<Waiter>): bigint {
  return [...waiters].reduce((low, { revision }) => (revision < low ? revision : low), 1n << 62n);
}
