import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Entry } from '../simulator/objects.ts';

/** The simulator as it runs in the stack: a process of its own, that can be killed. */
export type SimulatorProcess = {
  readonly url: URL;
  /** Every line of its journal. */
  journal(): Promise<readonly Entry[]>;
  /** Cuts the API's connections for this long. */
  down(seconds: number): Promise<void>;
  up(): Promise<void>;
  /** SIGKILL, and a new process on the same journal and port. */
  crash(): Promise<void>;
  stop(): Promise<void>;
};

const main = resolve(import.meta.dirname, '../simulator/main.ts');

/** Starts one with an empty journal. `lateMs`: how long a late answer takes. */
export async function startSimulatorProcess(options: {
  readonly webhookUrl: string;
  readonly secret: string;
  readonly lateMs: number;
}): Promise<SimulatorProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'shopverse-simulator-'));
  const environment = {
    SIMULATOR_JOURNAL: join(folder, 'journal.jsonl'),
    SIMULATOR_WEBHOOK_URL: options.webhookUrl,
    SIMULATOR_LATE_MS: String(options.lateMs),
    PAYMENT_WEBHOOK_SECRET: options.secret,
  };
  let running = await spawnOn(0, environment);
  const url = new URL(`http://127.0.0.1:${running.port}`);
  const post = async (path: string) => {
    await fetch(new URL(path, url), { method: 'POST' });
  };
  return {
    url,
    async journal() {
      const text = await (await fetch(new URL('/journal', url))).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry);
    },
    down: (seconds) => post(`/admin/down?seconds=${seconds}`),
    up: () => post('/admin/up'),
    async crash() {
      await end(running.child, 'SIGKILL');
      running = await spawnOn(running.port, environment);
    },
    async stop() {
      await end(running.child, 'SIGTERM');
      await rm(folder, { recursive: true });
    },
  };
}

async function spawnOn(
  port: number,
  environment: Record<string, string>,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, ['--no-warnings', main], {
    env: { PATH: process.env.PATH, ...environment, SIMULATOR_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { msg: string; port: number };
    if (said.msg === 'serving') {
      child.stdout.resume();
      return { child, port: said.port };
    }
  }
  throw new Error('The simulator ended before it was serving');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
