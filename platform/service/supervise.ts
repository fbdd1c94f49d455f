import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#platform/log/logger.ts';
import type { Worker } from './worker.ts';

const firstBackoffMs = 100;
const longestBackoffMs = 10_000;
const healthyAfterMs = 60_000;

/** Runs a worker again and again until the signal is aborted; after failures with growing pauses. Never rejects. */
export async function supervise(worker: Worker, signal: AbortSignal, log: Logger): Promise<void> {
  let backoff = firstBackoffMs;
  while (!signal.aborted) {
    const started = Date.now();
    try {
      await worker.run(signal);
    } catch (error) {
      if (!signal.aborted) {
        log.error({ err: error, worker: worker.name }, 'a worker failed and is started again');
      }
    }
    backoff =
      Date.now() - started > healthyAfterMs ? firstBackoffMs : Math.min(backoff * 2, longestBackoffMs);
    if (!signal.aborted) {
      await pause(backoff, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: the loop sees it.
  }
}
