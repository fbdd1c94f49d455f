import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#platform/db/database.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { OrderChanges } from '../ports.ts';
import type { OrderTables } from './tables.ts';

type Waiter = { readonly revision: bigint; readonly wake: () => void };

/** How often everything watched is looked at when nothing was committed here, and at least how long between looks. */
const lookEveryMs = 250;
const restMs = 40;

/**
 * Tells of changes by looking at the revisions of all watched orders in one query: soon after each commit of this
 * process, and every quarter of a second for those of other replicas. Looks only while something is watched.
 */
export function orderChanges(database: Database<OrderTables>, log: Logger): OrderChanges {
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
        await wakeChanged();
      } catch (error) {
        log.warn({ err: error }, 'watched orders could not be looked at');
        await sleep(lookEveryMs);
      }
      await sleep(restMs);
    }
    looking = false;
  }

  async function wakeChanged(): Promise<void> {
    const rows = await database.db
      .selectFrom('orders')
      .select(['order_id', 'revision'])
      .where('order_id', 'in', [...waiting.keys()])
      .execute();
    for (const { order_id, revision } of rows) {
      for (const waiter of waiting.get(order_id) ?? []) {
        if (revision > waiter.revision) {
          waiter.wake();
        }
      }
    }
  }

  return {
    after(orderId, revision, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiters = waiting.get(orderId) ?? new Set();
      const waiter: Waiter = {
        revision,
        wake() {
          signal.removeEventListener('abort', waiter.wake);
          waiters.delete(waiter);
          if (waiters.size === 0 && waiting.get(orderId) === waiters) {
            waiting.delete(orderId);
          }
          resolve();
        },
      };
      if (signal.aborted) {
        resolve();
        return promise;
      }
      signal.addEventListener('abort', waiter.wake);
      waiting.set(orderId, waiters.add(waiter));
      if (!looking) {
        void look();
      }
      return promise;
    },
  };
}
