import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Gauge } from 'prom-client';
import type { Database } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Worker } from '#platform/service/worker.ts';
import type { PaymentTables } from './tables.ts';

const open = new Gauge({
  name: 'shopverse_payment_open_attempts',
  help: 'Attempts whose outcome is not known yet. Told by one replica.',
  labelNames: ['outcome'],
});
const oldest = new Gauge({
  name: 'shopverse_payment_oldest_open_attempt_seconds',
  help: 'Age of the oldest attempt whose outcome is not known yet. Told by one replica.',
});

const everyMs = 10_000;

/** A worker that tells Prometheus what is open, so that somebody is woken before customers ask. */
export function openAttemptsGauge(database: Database<PaymentTables>): Worker {
  return leased(database, 'payment.open-attempts', async ({ signal }) => {
    try {
      while (!signal.aborted) {
        await tell(database);
        await sleep(everyMs, undefined, { signal }).catch((error: unknown) => {
          if (!signal.aborted) {
            throw error;
          }
        });
      }
    } finally {
      open.reset();
      oldest.set(0);
    }
  });
}

async function tell(database: Database<PaymentTables>): Promise<void> {
  const { rows } = await sql<{ pending: number; unknown: number; age: number }>`
    select count(*) filter (where outcome = 'PENDING')::int as pending,
      count(*) filter (where outcome = 'UNKNOWN')::int as unknown,
      coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age
    from attempt where outcome in ('PENDING', 'UNKNOWN')`.execute(database.db);
  for (const { pending, unknown, age } of rows) {
    open.set({ outcome: 'PENDING' }, pending);
    open.set({ outcome: 'UNKNOWN' }, unknown);
    oldest.set(age);
  }
}
