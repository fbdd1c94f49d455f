import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '#platform/service/worker.ts';

/** A worker that runs beside a test. */
export type RunningWorker = {
  /** What `run` threw, in order. It is started again 50 ms after each. */
  readonly failures: readonly unknown[];
  stop(): Promise<void>;
};

/** Runs a worker as a service would, until it is stopped. */
export function runWorker(worker: Worker): RunningWorker {
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await worker.run(stopping.signal);
      } catch (error) {
        failures.push(error);
      }
      await sleep(50);
    }
  })();
  return {
    failures,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
