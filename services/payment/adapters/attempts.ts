import { AsyncLocalStorage } from 'node:async_hooks';
import { Gathering } from '#platform/batching/gathering.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { isOpen } from '../domain/attempt.ts';
import type { Message } from '../domain/messages.ts';
import type { Payment } from '../domain/payment.ts';
import type { Answer, Job, PaymentStore, Recorded } from '../ports.ts';
import { claimJobs, postpone, releaseClaims } from './claims.ts';
import type { LockedPayment } from './lock-payment.ts';
import { applyTo, paymentsTogether } from './payments-in.ts';
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
    database.transaction(
      async (tx) => {
        const write = await paymentsTogether.begin(
          tx,
          given.map(({ job }) => job.paymentId),
        );
        const recorded: Recorded[] = [];
        for (const { job, answer, inContext } of given) {
          recorded.push(await inContext(() => recordOne(tx, job, answer)));
        }
        await write();
        return recorded;
      },
      { reserved: true },
    );
  const records = new Gathering<Given, Recorded>({
    most: MOST_AT_ONCE,
    sizeOf: () => 1,
    together: recordAll,
    alone: async (given) => (await recordAll([given]))[0] as Recorded,
  });
  return {
    claim: (which, limit) => claimJobs(database, { which, limit, instance, claimMs }),

    record: (job, answer) => records.take({ job, answer, inContext: AsyncLocalStorage.snapshot() }),

    releaseClaims: () => releaseClaims(database, instance),
  };
}

/** An answer to a job, and the context that it came in, which its facts must be stated in. */
type Given = {
  readonly job: Job;
  readonly answer: Answer;
  readonly inContext: <R>(work: () => R) => R;
};

async function recordOne(tx: Tx<PaymentTables>, job: Job, answer: Answer): Promise<Recorded> {
  const locked = await paymentsTogether.lock(tx, job.paymentId);
  if (locked === undefined || !isHeld(locked, job)) {
    return { kind: 'overtaken' };
  }
  const message = toMessage(job, answer);
  const applied =
    message === undefined
      ? { kind: 'applied' as const, payment: locked.payment, opened: 0 }
      : await applyTo(tx, locked, message);
  if (applied.kind === 'refused') {
    await postpone(tx, job, true);
    return applied;
  }
  if (isOpenIn(applied.payment, job.key)) {
    await postpone(tx, job, answer.kind !== 'not-sent' || job.sent);
  }
  return { kind: 'recorded', opened: applied.opened };
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
