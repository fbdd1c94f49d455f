import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Worker } from '#platform/service/worker.ts';
import { orderStore } from './adapters/order-store.ts';
import { orderReader } from './adapters/order-views.ts';
import type { OrderTables } from './adapters/tables.ts';
import type { AdvancingPorts } from './usecases/advance-order.ts';
import { passDeadline } from './usecases/pass-deadline.ts';

const batchSize = 100;
const idleMs = 250;

/**
 * The worker that turns deadlines into messages, one for all replicas. Each order's is a transaction of its own, so
 * that one that fails holds up no other.
 */
export function deadlineWorker(
  database: Database<OrderTables>,
  ports: Omit<AdvancingPorts, 'orders'>,
  log: Logger,
): Worker {
  const reader = orderReader(database.db);
  return leased(database, 'order.deadlines', async (lease) => {
    while (!lease.signal.aborted) {
      const due = await reader.due(ports.surroundings.now(), batchSize);
      for (const orderId of due) {
        if (lease.signal.aborted) {
          return;
        }
        try {
          await database.transaction(async (tx) => {
            await lease.assertHeld(tx);
            await passDeadline({ ...ports, orders: orderStore(tx) }, orderId);
          });
        } catch (error) {
          log.error(
            { err: error, order_id: orderId },
            'a deadline could not be passed on; it is tried again',
          );
        }
      }
      if (due.length < batchSize) {
        await sleep(idleMs, undefined, { signal: lease.signal }).catch(() => undefined);
      }
    }
  });
}
