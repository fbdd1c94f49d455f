import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere, writeAtomically } from '../../files.ts';
import type { Stack } from '../../stack.ts';
import { type Job, released } from './jar.ts';

const ENDED = new Set(['CANCELED', 'FAILED', 'FINISHED']);

/** What was submitted under a job's name, and the checkpoint that it began with. */
type Submission = { readonly id: string; readonly jar: string; readonly from?: string };

/** Whether every released job runs. */
export async function jobsRun(stack: Stack): Promise<boolean> {
  const jobs = released(stack)?.jobs ?? [];
  if (jobs.length === 0) return true;
  const present = await presentJobs(stack);
  return jobs.every((job) => find(present, job, submitted(stack, job))?.state === 'RUNNING');
}

/**
 * Submits every released job that is not there, from the newest checkpoint of the one before it, and replaces one that
 * runs from another jar. Safe to repeat.
 */
export async function submitJobs(stack: Stack): Promise<void> {
  const { jar, jobs } = released(stack) ?? { jar: '', jobs: [] };
  const present = await presentJobs(stack);
  let uploaded: string | undefined;
  for (const job of jobs) {
    const path = submissionPath(stack, job);
    const before = submitted(stack, job);
    const id = find(present, job, before)?.jid;
    if (id && before?.id === id && before.jar === jar) continue;
    if (id) await cancel(stack, id);
    uploaded ??= await upload(stack, jar);
    const from = before && (newestCheckpoint(stack, before.id) ?? before.from);
    const started = await start(stack, uploaded, job, from);
    const submission: Submission = { id: started, jar, ...(from ? { from } : {}) };
    writeAtomically(path, JSON.stringify(submission));
  }
  forgetOldCheckpoints(stack, jobs);
}

/** Keeps the checkpoints of the job that runs and of the one that it began from; no other is ever restored. */
function forgetOldCheckpoints(stack: Stack, jobs: readonly Job[]): void {
  const submissions = jobs.map((job) => readIfThere(submissionPath(stack, job)) ?? '').join();
  const folder = join(stack.state, 'flink', 'checkpoints');
  for (const id of globSync('*', { cwd: folder })) {
    if (!submissions.includes(id)) rmSync(join(folder, id), { recursive: true });
  }
}

function submitted(stack: Stack, job: Job): Submission | undefined {
  return JSON.parse(readIfThere(submissionPath(stack, job)) ?? 'null') ?? undefined;
}

function submissionPath(stack: Stack, job: Job): string {
  return join(stack.state, 'flink', 'submitted', `${job.name}.json`);
}

/** The newest complete checkpoint of a job, as a URI. */
export function newestCheckpoint(stack: Pick<Stack, 'state'>, id: string): string | undefined {
  const folder = join(stack.state, 'flink', 'checkpoints', id);
  const numbers = globSync('chk-*/_metadata', { cwd: folder }).map((file) =>
    Number(/chk-(\d+)/.exec(file)?.[1]),
  );
  return numbers.length === 0 ? undefined : `file://${folder}/chk-${Math.max(...numbers)}`;
}

type JobOverview = { jid: string; name: string; state: string };

async function presentJobs(stack: Stack): Promise<JobOverview[]> {
  const { jobs } = await rest<{ jobs: JobOverview[] }>(stack, '/jobs/overview');
  return jobs.filter((job) => !ENDED.has(job.state) && job.state !== 'CANCELLING');
}

/** The job as it was submitted; by its name only when no such one is left, since a test may run another of that name. */
function find(
  present: readonly JobOverview[],
  job: Job,
  before: Submission | undefined,
): JobOverview | undefined {
  return present.find(({ jid }) => jid === before?.id) ?? present.find(({ name }) => name === job.name);
}

async function cancel(stack: Stack, id: string): Promise<void> {
  await rest(stack, `/jobs/${id}?mode=cancel`, { method: 'PATCH' });
  for (;;) {
    const { state } = await rest<{ state: string }>(stack, `/jobs/${id}`);
    if (ENDED.has(state)) return;
    await sleep(200);
  }
}

async function upload(stack: Stack, jar: string): Promise<string> {
  const form = new FormData();
  form.append('jarfile', new Blob([readFileSync(jar)]), 'shopverse-jobs.jar');
  const { filename } = await rest<{ filename: string }>(stack, '/jars/upload', {
    method: 'POST',
    body: form,
  });
  return filename.slice(filename.lastIndexOf('/') + 1);
}

async function start(stack: Stack, jar: string, job: Job, from: string | undefined): Promise<string> {
  const { jobid } = await rest<{ jobid: string }>(stack, `/jars/${jar}/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      entryClass: job.entryClass,
      programArgsList: ['--brokers', `127.0.0.1:${stack.ports.kafka}`, ...(job.args ?? [])],
      ...(from ? { savepointPath: from, allowNonRestoredState: true } : {}),
    }),
  });
  return jobid;
}

async function rest<T = unknown>(stack: Stack, path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.flinkRest}${path}`, {
    ...init,
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? {} : JSON.parse(text)) as T;
  throw new Error(`Flink refused ${path}: ${text.replaceAll('\\n', '\n').slice(0, 600)}`);
}
