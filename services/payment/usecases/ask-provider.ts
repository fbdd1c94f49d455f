import { nextStep } from '../domain/next-step.ts';
import type { Answer, Forestalled, Job, PaymentProvider } from '../ports.ts';

/**
 * Does what is to be done about a claimed attempt and says what came of it. A first call is just made. After a lost
 * one the provider is asked what it knows, and only then, if it knows nothing, asked again under the same key. An
 * authorisation that nobody waits for any more is forestalled instead of repeated. `now` is in milliseconds.
 */
export async function askProvider(provider: PaymentProvider, job: Job, now: () => number): Promise<Answer> {
  let looked = false;
  let keyUsed = false;
  // Each round either ends it or rules a step out, so there are three at the most.
  for (;;) {
    const { operation, sent, cancelling } = job;
    const times = { deadline: job.deadline.getTime(), created: job.createTime.getTime() };
    const step = nextStep({ operation, sent, looked, keyUsed, cancelling, ...times }, now());
    switch (step) {
      case 'perform':
        return perform(provider, job);
      case 'no-hold':
        return notWanted(job);
      case 'find': {
        const found = await provider.find(job);
        if (found.kind !== 'nothing') {
          return found;
        }
        looked = true;
        break;
      }
      case 'forestall': {
        const forestalled: Forestalled = await provider.forestall(job);
        if (forestalled.kind !== 'key-used') {
          return forestalled;
        }
        keyUsed = true;
        break;
      }
      default:
        step satisfies never;
    }
  }
}

function perform(provider: PaymentProvider, job: Job): Promise<Answer> {
  switch (job.operation) {
    case 'AUTHORISE':
      return provider.authorise(job);
    case 'CAPTURE':
      return provider.capture(job);
    case 'VOID':
      return provider.void(job);
    case 'REFUND':
      return provider.refund(job);
    default:
      return job.operation satisfies never;
  }
}

function notWanted(job: Job): Answer {
  const code = job.cancelling ? 'cancelled' : 'no_answer_in_time';
  return { kind: 'heard', message: { kind: 'no-hold', code } };
}
