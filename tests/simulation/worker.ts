import { parentPort, workerData } from 'node:worker_threads';
import { loadForSimulation, type Patch } from './loading.ts';

/** What a worker is asked: to live through these seeds. */
export type Order = { readonly from: number; readonly count: number };

/** What came of them. Failures have their first violations. */
export type Report = {
  readonly count: number;
  readonly events: number;
  readonly digest: number;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  /** The coverage since the last report. */
  readonly coverage: object;
};

const { patches } = workerData as { readonly patches: readonly Patch[] };
loadForSimulation(patches);
const { simulate } = await import('./simulate.ts');
const { Coverage } = await import('./world/coverage.ts');

parentPort?.on('message', async ({ from, count }: Order) => {
  const coverage = new Coverage();
  const failures = [];
  let events = 0;
  let digest = 0;
  for (let seed = from; seed < from + count; seed++) {
    const run = await simulate(seed, coverage);
    events += run.events;
    digest ^= run.digest;
    if (run.violations.length > 0) {
      failures.push({ seed, violations: run.violations.slice(0, 20) });
    }
  }
  const report: Report = { count, events, digest, failures, coverage: { ...coverage } };
  parentPort?.postMessage(report);
});
parentPort?.postMessage('ready');
