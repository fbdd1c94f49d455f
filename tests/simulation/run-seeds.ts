import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Patch } from './loading.ts';
import type { Order, Report } from './worker.ts';
import { Coverage } from './world/coverage.ts';

/** What many seeds came to. */
export type Outcome = {
  readonly seeds: number;
  readonly events: number;
  /** Of all the histories: the same for the same seeds and the same code. */
  readonly digest: number;
  readonly ms: number;
  /** Time of the processors, over all threads. */
  readonly cpuMs: number;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  readonly coverage: Coverage;
};

/**
 * A thread lives through so many and is replaced: each seed leaves half a megabyte of what its killed processes were
 * waiting for, and after ten thousand a thread does little else than to look for room.
 */
const SEEDS_OF_A_LIFE = 1_000;

/**
 * Lives through seeds on several threads, the lower ones first, until `enough` says so of the failures so far, or all
 * are done. `patches` are put into the code before.
 */
export async function runSeeds(options: {
  readonly from: number;
  readonly count: number;
  readonly patches?: readonly Patch[];
  readonly threads?: number;
  readonly enough?: (failures: number) => boolean;
  readonly onFailure?: (failure: Outcome['failures'][number]) => void;
  readonly onProgress?: (seeds: number, failures: number) => void;
}): Promise<Outcome> {
  const { from, count, patches = [], threads = availableParallelism() } = options;
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const coverage = new Coverage();
  const failures: { readonly seed: number; readonly violations: readonly string[] }[] = [];
  let next = from;
  let seeds = 0;
  let events = 0;
  let digest = 0;
  const portion = Math.max(1, Math.min(20, Math.ceil(count / threads / 4)));

  const take = (): Order | undefined => {
    if (next >= from + count || options.enough?.(failures.length)) {
      return undefined;
    }
    const order = { from: next, count: Math.min(portion, from + count - next) };
    next += order.count;
    return order;
  };
  const include = (report: Report) => {
    seeds += report.count;
    events += report.events;
    digest ^= report.digest;
    for (const failure of report.failures) {
      failures.push(failure);
      options.onFailure?.(failure);
    }
    coverage.include(report.coverage as Coverage);
    options.onProgress?.(seeds, failures.length);
  };
  await Promise.all(Array.from({ length: Math.min(threads, count) }, () => work(patches, take, include)));
  failures.sort((one, other) => one.seed - other.seed);
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuMs = (user + system) / 1_000;
  return { seeds, events, digest, ms: performance.now() - began, cpuMs, failures, coverage };
}

/** One thread after the other, until there is nothing more to take. */
async function work(
  patches: readonly Patch[],
  take: () => Order | undefined,
  include: (report: Report) => void,
): Promise<void> {
  while (await workOneLife(patches, take, include)) {
    // The next one goes on with what there is to take.
  }
}

/** One thread, until it has had its seeds or there is nothing more to take; whether there may be more. */
function workOneLife(
  patches: readonly Patch[],
  take: () => Order | undefined,
  include: (report: Report) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { patches } });
    let seeds = 0;
    worker.on('message', (message: 'ready' | Report) => {
      if (message !== 'ready') {
        include(message);
        seeds += message.count;
      }
      const order = seeds >= SEEDS_OF_A_LIFE ? 'enough' : take();
      if (order === 'enough' || order === undefined) {
        void worker.terminate().then(() => resolve(order === 'enough'));
      } else {
        worker.postMessage(order);
      }
    });
    worker.on('error', reject);
  });
}
