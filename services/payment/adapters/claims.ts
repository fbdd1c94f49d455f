import { sql } from 'kysely';
import type { Database, Tx } from '#platform/db/database.ts';
import type { Operation } from '../domain/attempt.ts';
import { backoffMs } from '../domain/next-step.ts';
import type { Claimable, Job } from '../ports.ts';
import type { PaymentTables } from './tables.ts';

type ClaimedRow = {
  idempotency_key: string;
  claim: bigint;
  was_sent: boolean;
  tries: number;
  operation: Operation;
  amount: bigint;
  currency: string;
  created_at: Date;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string;
  payment_id: string;
  order_id: string;
  payment_method_token: string;
  provider_reference: string;
  cancelling: boolean;
  deadline: Date;
};

/** Which attempts a worker claims, and for how long, in milliseconds. */
export type Claiming = {
  readonly which: Claimable;
  readonly limit: number;
  readonly instance: string;
  readonly claimMs: number;
};

/** One statement, so that two replicas never claim the same. A claim is a time before which nobody else looks. */
export async function claimJobs(database: Database<PaymentTables>, claim: Claiming): Promise<readonly Job[]> {
  const { which, limit, instance, claimMs } = claim;
  const { rows } = await sql<ClaimedRow>`
    with due as (
      select idempotency_key, sent from attempt
      where outcome in ('PENDING', 'UNKNOWN') and next_try_at <= now() and sent = ${which === 'sent'}
      order by next_try_at limit ${limit} for update skip locked
    ), claimed as (
      update attempt set sent = true, tries = tries + 1, claim = claim + 1, claimed_by = ${instance},
        next_try_at = now() + ${claimMs} * interval '1 millisecond'
      from due where attempt.idempotency_key = due.idempotency_key
      returning attempt.*, due.sent as was_sent
    )
    select idempotency_key, payment_id, operation, claimed.amount, claimed.currency, claim, was_sent, tries,
      correlation_id, causation_id, traceparent, claimed.created_at,
      payment.order_id, payment.payment_method_token, payment.provider_reference, payment.cancelling, payment.deadline
    from claimed join payment using (payment_id)`.execute(database.db);
  return rows.map(toJob);
}

function toJob(row: ClaimedRow): Job {
  return {
    key: row.idempotency_key,
    operation: row.operation,
    paymentId: row.payment_id,
    orderId: row.order_id,
    amount: row.amount,
    currency: row.currency,
    token: row.payment_method_token,
    reference: row.provider_reference,
    claim: row.claim,
    sent: row.was_sent,
    tries: row.tries,
    cancelling: row.cancelling,
    deadline: row.deadline,
    createTime: row.created_at,
    origin: {
      correlationId: row.correlation_id,
      causationId: row.causation_id ?? undefined,
      traceparent: row.traceparent,
    },
  };
}

/** Puts an attempt off that is still open. */
export async function postpone(tx: Tx<PaymentTables>, job: Job, sent: boolean): Promise<void> {
  await tx.db
    .updateTable('attempt')
    .set({ sent, next_try_at: sql<Date>`now() + ${backoffMs(job.tries)} * interval '1 millisecond'` })
    .where('idempotency_key', '=', job.key)
    .execute();
}

/** Makes an instance's claims due. */
export async function releaseClaims(database: Database<PaymentTables>, instance: string): Promise<void> {
  await sql`
    update attempt set next_try_at = now()
    where claimed_by = ${instance} and outcome in ('PENDING', 'UNKNOWN') and next_try_at > now()`.execute(
    database.db,
  );
}
