import type { Kysely } from 'kysely';
import { Gauge } from 'prom-client';
import type { Consumer } from '#platform/consumer/consumer.ts';
import type { KernelTables } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Logger } from '#platform/log/logger.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import { countOpen, dueDeadLetters } from './letters.ts';
import { takeDeadLetter } from './redrive.ts';

const pollMs = 1_000;
const countEveryMs = 5_000;
const counted = ['RETRYING', 'DEAD', 'QUEUED'] as const;

const open = new Gauge({
  name: 'shopverse_dead_letter_open',
  help: 'Dead letters that are not done with, as the worker that retries them last counted.',
  labelNames: ['consumer', 'state'],
});

/**
 * Tries a consumer's parked facts again when they are due, and takes what waited behind one that is done. One runs at
 * a time over all replicas; that spares work only, as each letter is locked while it is taken.
 */
export function deadLetterRetries(consumer: Consumer, log: Logger): Worker {
  return leased(consumer.database, `dead-letters:${consumer.name}`, async ({ signal }) => {
    const db = kernelTables(consumer.database.db);
    let countedAt = 0;
    while (!signal.aborted) {
      const due = await dueDeadLetters(db, consumer.name);
      for (const id of due) {
        if (signal.aborted) {
          return;
        }
        await takeDeadLetter(consumer, id, log);
      }
      if (Date.now() - countedAt > countEveryMs) {
        countedAt = Date.now();
        await count(db, consumer.name);
      }
      if (due.length === 0) {
        await pause(pollMs, signal);
      }
    }
  });
}

async function count(db: Kysely<KernelTables>, consumer: string): Promise<void> {
  const letters = await countOpen(db, consumer);
  for (const state of counted) {
    open.set({ consumer, state }, letters.get(state) ?? 0);
  }
}
