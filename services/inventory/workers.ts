import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Tx } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import type { Worker } from '#platform/service/worker.ts';
import { asOnlyWriter } from './adapters/one-writer.ts';
import { reservationsIn } from './adapters/reservations.ts';
import type { Tables } from './adapters/tables.ts';
import { settleReservation } from './usecases/settle-reservation.ts';

const batch = 50;

/** Gives back what was held for too long: on one replica at a time, looking every `everyMs` milliseconds. */
export function createWorkers(
  database: Database<Tables>,
  { clock, ids, everyMs }: { readonly clock: Clock; readonly ids: Ids; readonly everyMs: number },
): readonly Worker[] {
  const expiry = leased(database, 'inventory.expiry', async (lease) => {
    while (!lease.signal.aborted) {
      const expired = await database.transaction(async (tx) => {
        await lease.assertHeld(tx);
        return expireDue(tx, ids, clock.now());
      });
      if (expired < batch) {
        await pause(everyMs, lease.signal);
      }
    }
  });
  return [expiry];
}

async function expireDue(tx: Tx<Tables>, ids: Ids, now: Date): Promise<number> {
  const reservations = reservationsIn(tx, ids, now);
  const due = await reservations.due(now, batch);
  if (due.length > 0) {
    await asOnlyWriter(tx);
  }
  for (const orderId of due) {
    await settleReservation(reservations, orderId, 'expire', now);
  }
  return due.length;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) {
      throw error;
    }
  });
}
