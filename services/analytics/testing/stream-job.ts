import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

/** The analytics job running beside the stack's own, on other topics. */
export type TestJob = { readonly id: string; cancel(): Promise<void> };

const ENTRY = 'shopverse.analytics.AnalyticsJob';

/**
 * Runs the jar that the stack's own job was started from. Its checkpoints lie elsewhere: among its own the supervisor
 * deletes what it doesn't know. Throws Error when there is no jar on the cluster.
 */
export async function startTestJob(args: readonly string[]): Promise<TestJob> {
  const { files } = await rest<{ files: { id: string; uploaded: number }[] }>('/jars');
  const newest = files.sort((a, b) => b.uploaded - a.uploaded)[0];
  if (newest === undefined) throw new Error('Flink has no jar of the stream jobs; run ./shopverse up');
  const checkpoints = mkdtempSync(join(tmpdir(), 'shopverse-checkpoints-'));
  const { jobid } = await rest<{ jobid: string }>(`/jars/${newest.id}/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      entryClass: ENTRY,
      programArgsList: args,
      flinkConfiguration: { 'execution.checkpointing.dir': `file://${checkpoints}` },
    }),
  });
  return {
    id: jobid,
    cancel: async () => {
      await rest(`/jobs/${jobid}?mode=cancel`, { method: 'PATCH' });
      await waitFor(
        'the job to end',
        async () => {
          const { state } = await rest<{ state: string }>(`/jobs/${jobid}`);
          return state === 'CANCELED';
        },
        60_000,
      );
      rmSync(checkpoints, { recursive: true, force: true });
    },
  };
}

/**
 * Whether the job's tasks were ever started again. Asked of the job itself: its metrics may stand still when the
 * TaskManager that they are fetched from dies meanwhile.
 */
export async function wasRestarted(job: TestJob): Promise<boolean> {
  const { timestamps } = await rest<{ timestamps: { RESTARTING: number } }>(`/jobs/${job.id}`);
  return timestamps.RESTARTING > 0;
}

async function rest<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { flink } = stackCoordinates() as unknown as { flink: { url: string } };
  const response = await fetch(`${flink.url}${path}`, { ...init, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`Flink refused ${path}: ${text.slice(0, 400)}`);
  return (text === '' ? {} : JSON.parse(text)) as T;
}
