import type { Database, Tx } from '#platform/db/database.ts';
import type { Claiming } from '../../../../services/payment/adapters/claims.ts';
import type { PaymentTables } from '../../../../services/payment/adapters/tables.ts';
import { backoffMs } from '../../../../services/payment/domain/next-step.ts';
import type { Job } from '../../../../services/payment/ports.ts';
import { statement } from '../connection.ts';
import { type AttemptRow, isOpenRow, type PaymentRow } from './rows.ts';

export function claimJobs(database: Database<PaymentTables>, claim: Claiming): Promise<readonly Job[]> {
  const { which, limit, instance, claimMs } = claim;
  return statement(database.db, (memory) => {
    const now = Date.now();
    const due = memory
      .rows<AttemptRow>('attempt')
      .filter((row) => isOpenRow(row) && row.next_try_at.getTime() <= now && row.sent === (which === 'sent'))
      .sort((one, other) => one.next_try_at.getTime() - other.next_try_at.getTime());
    const jobs: Job[] = [];
    for (const row of due) {
      if (jobs.length < limit && memory.lockIfFree('attempt', row.idempotency_key)) {
        const claimed: AttemptRow = {
          ...row,
          sent: true,
          tries: row.tries + 1,
          claim: row.claim + 1n,
          claimed_by: instance,
          next_try_at: new Date(now + claimMs),
        };
        memory.put('attempt', row.idempotency_key, claimed);
        const payment = memory.get<PaymentRow>('payment', row.payment_id);
        if (payment !== undefined) {
          jobs.push(toJob(claimed, row.sent, payment));
        }
      }
    }
    return jobs;
  });
}

export async function postpone(tx: Tx<PaymentTables>, job: Job, sent: boolean): Promise<void> {
  await statement(tx.db, async (memory) => {
    const row = await memory.locked<AttemptRow>('attempt', job.key);
    const next_try_at = new Date(Date.now() + backoffMs(job.tries));
    memory.put('attempt', job.key, { ...row, sent, next_try_at });
  });
}

export async function releaseClaims(database: Database<PaymentTables>, instance: string): Promise<void> {
  await statement(database.db, async (memory) => {
    const now = new Date();
    for (const found of memory.rows<AttemptRow>('attempt')) {
      if (found.claimed_by === instance && isOpenRow(found)) {
        const row = await memory.locked<AttemptRow>('attempt', found.idempotency_key);
        if (row !== undefined && row.claimed_by === instance && isOpenRow(row) && row.next_try_at > now) {
          memory.put('attempt', row.idempotency_key, { ...row, next_try_at: now });
        }
      }
    }
  });
}

function toJob(row: AttemptRow, wasSent: boolean, payment: PaymentRow): Job {
  return {
    key: row.idempotency_key,
    operation: row.operation,
    paymentId: row.payment_id,
    orderId: payment.order_id,
    amount: row.amount,
    currency: row.currency,
    token: payment.payment_method_token,
    reference: payment.provider_reference,
    claim: row.claim,
    sent: wasSent,
    tries: row.tries,
    cancelling: payment.cancelling,
    deadline: payment.deadline,
    createTime: row.created_at,
    origin: {
      correlationId: row.correlation_id,
      causationId: row.causation_id ?? undefined,
      traceparent: row.traceparent,
    },
  };
}
