import { failpoint } from '#platform/failpoint/failpoint.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Worker } from '#platform/service/worker.ts';
import type { Claimable, Job, Origin, PaymentProvider, PaymentStore } from '../ports.ts';
import { askProvider } from './ask-provider.ts';
import type { Bell } from './bell.ts';

/** What working on attempts needs. */
export type WorkshopParts = {
  readonly store: Pick<PaymentStore, 'claim' | 'record'>;
  readonly provider: PaymentProvider;
  readonly now: () => number;
  readonly log: Logger;
  /** Runs the work for a job in the trace that the job was stored under. */
  readonly inOrigin: <R>(origin: Origin, name: string, work: () => Promise<R>) => Promise<R>;
  /** Told of each attempt that was worked on, and how many more were asked for by what came of it. */
  readonly onWorked: (job: Job, opened: number) => void;
};

/**
 * A worker that makes the calls: claims what is due, at most `concurrency` at once, and records what came of it. It is
 * woken by `bell`, and looks by itself every `pollMs`. Replicas share the work.
 */
export function attemptWorker(
  parts: WorkshopParts,
  options: {
    readonly name: string;
    readonly which: Claimable;
    readonly concurrency: number;
    readonly pollMs: number;
    readonly bell: Bell;
  },
): Worker {
  const { name, which, concurrency, pollMs, bell } = options;
  return {
    name,
    async run(signal) {
      const underWay = new Set<Promise<void>>();
      try {
        while (!signal.aborted) {
          const free = concurrency - underWay.size;
          const jobs = free === 0 ? [] : await parts.store.claim(which, free);
          for (const job of jobs) {
            const working = work(parts, job).finally(() => {
              if (underWay.size === concurrency) {
                bell.ring();
              }
              underWay.delete(working);
            });
            underWay.add(working);
          }
          if (jobs.length < free || free === 0) {
            await bell.wait(pollMs, signal);
          }
        }
      } finally {
        await Promise.all(underWay);
      }
    },
  };
}

/** One job, from the call to the record. A failure of ours is logged: the claim runs out, and it is taken up again. */
async function work(parts: WorkshopParts, job: Job): Promise<void> {
  const step = `payment.${job.operation.toLowerCase()}`;
  let opened = 0;
  const log = parts.log.child({ payment_id: job.paymentId, attempt: job.key, operation: job.operation });
  try {
    await parts.inOrigin(job.origin, `payment ${job.operation.toLowerCase()}`, async () => {
      await failpoint(step, 'P1');
      const answer = await askProvider(parts.provider, job, parts.now);
      await failpoint(step, 'P4');
      const recorded = await parts.store.record(job, answer);
      await failpoint(step, 'P5');
      if (answer.kind !== 'heard') {
        log.warn(
          { answer: answer.kind, code: answer.code, tries: job.tries },
          'no clear answer of the provider',
        );
      }
      if (recorded.kind === 'refused') {
        log.error({ refusal: recorded.refusal }, 'the provider says what cannot be');
      }
      opened = recorded.kind === 'recorded' ? recorded.opened : 0;
    });
  } catch (error) {
    log.error({ err: error }, 'an attempt was not worked on to its end');
  }
  parts.onWorked(job, opened);
}
