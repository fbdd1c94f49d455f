import type { Database } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Clock } from '#platform/runtime.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import type { CartTables } from '../adapters/tables.ts';
import { createWriter, type WriterDeps } from '../adapters/writer.ts';

const BATCH = 100;
const PAUSE_MS = 60_000;

/** Drops carts past their time, in small transactions, on one replica at a time. */
export function cartExpiry(database: Database<CartTables>, deps: WriterDeps & { clock: Clock }): Worker {
  return leased(database, 'cart.expiry', async (lease) => {
    while (!lease.signal.aborted) {
      const dropped = await database.transaction(async (tx) => {
        await lease.assertHeld(tx);
        const writer = createWriter(tx, deps);
        const carts = await writer.expired(deps.clock.now(), BATCH);
        for (const cart of carts) {
          await writer.record(cart, {
            case: 'expired',
            value: { cartId: cart.cartId, lineCount: cart.lines.length },
          });
          await writer.drop(cart.cartId);
        }
        return carts.length;
      });
      if (dropped < BATCH) {
        await pause(PAUSE_MS, lease.signal);
      }
    }
  });
}
