import { AsyncLocalStorage } from 'node:async_hooks';
import { sql } from 'kysely';
import { Gathering } from '#platform/batching/gathering.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { isOpen, type Operation } from '../domain/attempt.ts';
import type { Message } from '../domain/messages.ts';
import { backoffMs } from '../domain/next-step.ts';
import type { Payment } from '../domain/payment.ts';
import type { Answer, Claimable, Job, PaymentStore, Recorded } from '../ports.ts';
import { applyTo, type LockedPayment, lockPayment, lockPayments } from './payments-in.ts';
import type { PaymentTables } from './tables.ts';

/** Answers that are stored in one transaction, when so many have come. */
const MOST_AT_ONCE = 32;

/** How workers come by attempts and hand in what came of them. */
export function attemptsOf(options: {
  readonly database: Database<PaymentTables>;
  /** This process, among its replicas. */
  readonly instance: string;
  /** How long a claim is kept from others, in milliseconds: longer than all the calls that a job may need. */
  readonly claimMs: number;
}): Pick<PaymentStore, 'claim' | 'record' | 'releaseClaims'> {
  const { database, instance, claimMs } = options;
  const recordAll = (given: readonly Given[]) =>
    database.transaction(async (tx) => {
      await lockPayments(
        tx,
        given.map(({ job }) => job.paymentId),
      );
      const recorded: Recorded[] = [];
      for (const { job, answer, inContext } of given) {
        recorded.push(await inContext(() => recordOne(tx, job, answer)));
      }
      return recorded;
    });
  const records = new Gathering<Given, Recorded>({
    most: MOST_AT_ONCE,
    sizeOf: () => 1,
    together: recordAll,
    alone: async (given) => (await recordAll([given]))[0] as Recorded,
  });
  return {
    async claim(which, limit) {
      const { rows } = await claimRows(database, which, limit, instance, claimMs);
      return rows.map(toJob);
    },

    record: (job, answer) => records.take({ job, answer, inContext: AsyncLocalStorage.snapshot() }),

    async releaseClaims() {
      await sql`
        update attempt set next_try_at = now()
        where claimed_by = ${instance} and outcome in ('PENDING', 'UNKNOWN') and next_try_at > now()`.execute(
        database.db,
      );
    },
  };
}

/** An answer to a job, and the context that it came in, which its facts must be stated in. */
type Given = {
  readonly job: Job;
  readonly answer: Answer;
  readonly inContext: <R>(work: () => R) => R;
};

async function recordOne(tx: Tx<PaymentTables>, job: Job, answer: Answer): Promise<Recorded> {
  const locked = await lockPayment(tx, job.paymentId);
  if (locked === undefined || !isHeld(locked, job)) {
    return { kind: 'overtaken' };
  }
  const message = toMessage(job, answer);
  const applied =
    message === undefined
      ? { kind: 'applied' as const, payment: locked.payment, opened: 0 }
      : await applyTo(tx, locked.payment, message);
  if (applied.kind === 'refused') {
    await postpone(tx, job, true);
    return applied;
  }
  if (isOpenIn(applied.payment, job.key)) {
    await postpone(tx, job, answer.kind !== 'not-sent' || job.sent);
  }
  return { kind: 'recorded', opened: applied.opened };
}

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

/** One statement, so that two replicas never claim the same. A claim is a time before which nobody else looks. */
function claimRows(
  database: Database<PaymentTables>,
  which: Claimable,
  limit: number,
  instance: string,
  claimMs: number,
) {
  return sql<ClaimedRow>`
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
    select claimed.*, payment.order_id, payment.payment_method_token, payment.provider_reference,
      payment.cancelling, payment.deadline
    from claimed join payment using (payment_id)`.execute(database.db);
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

/** Whether the attempt is still open and this claim its last. */
function isHeld({ payment, claims }: LockedPayment, job: Job): boolean {
  return claims.get(job.key) === job.claim && isOpenIn(payment, job.key);
}

function isOpenIn(payment: Payment, key: string): boolean {
  return payment.attempts.some((attempt) => attempt.key === key && isOpen(attempt));
}

function toMessage(job: Job, answer: Answer): Message | undefined {
  switch (answer.kind) {
    case 'heard':
      return answer.message;
    case 'unclear':
      return { kind: 'unclear', key: job.key, code: answer.code };
    case 'not-sent':
      return undefined;
    default:
      return answer satisfies never;
  }
}

/** Puts an attempt off that is still open. */
async function postpone(tx: Tx<PaymentTables>, job: Job, sent: boolean): Promise<void> {
  await tx.db
    .updateTable('attempt')
    .set({ sent, next_try_at: sql<Date>`now() + ${backoffMs(job.tries)} * interval '1 millisecond'` })
    .where('idempotency_key', '=', job.key)
    .execute();
}
