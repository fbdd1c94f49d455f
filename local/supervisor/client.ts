import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../stack.ts';
import { ask, socketPath } from './control.ts';
import type { UnitStatus } from './supervisor.ts';

/** What the supervisor says of itself and its processes. */
export type SupervisorStatus = {
  readonly mode: 'static' | 'xds';
  readonly pid: number;
  readonly version?: string;
  readonly units: readonly UnitStatus[];
};

/** The state of the stack, with the memory of each process where that is wanted; undefined when no supervisor runs. */
export function askStatus(stack: Stack, what: '' | 'memory' = ''): Promise<SupervisorStatus | undefined> {
  return ask<SupervisorStatus>(socketPath(stack.state), 'status', what);
}

/** Asks the running supervisor. Throws a sentence when there is none. */
export async function command(stack: Stack, verb: string, argument = ''): Promise<void> {
  if ((await askStatus(stack)) === undefined)
    throw new Error('The stack is not running. Start it with ./shopverse up.');
  await ask(socketPath(stack.state), verb, argument);
}

/** Sees to it that a supervisor with today's code runs; one with older code hands its processes over. */
export async function ensureSupervisor(stack: Stack): Promise<void> {
  const version = codeVersion(stack.root);
  const running = await askStatus(stack);
  if (running?.version === version) {
    await ask(socketPath(stack.state), 'replan');
    return;
  }
  if (running) {
    await ask(socketPath(stack.state), 'handOver');
    await until(30_000, async () => (await askStatus(stack)) === undefined);
  }
  start(stack, version);
  const came = await until(60_000, async () => (await askStatus(stack))?.version === version);
  if (!came) throw new Error(`The supervisor did not come up; ${daemonLog(stack)} says why.`);
}

function start(stack: Stack, version: string): void {
  mkdirSync(join(stack.state, 'logs'), { recursive: true });
  const output = openSync(daemonLog(stack), 'a');
  spawn(process.execPath, ['--max-old-space-size=96', join(import.meta.dirname, 'daemon.ts')], {
    cwd: stack.root,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      SHOPVERSE_STATE: stack.state,
      SHOPVERSE_PORT_BASE: String(stack.ports.base),
      SHOPVERSE_LOCAL_VERSION: version,
    },
  }).unref();
}

function daemonLog(stack: Stack): string {
  return join(stack.state, 'logs', 'supervisor.log');
}

/** A hash of the code that the supervisor is made of. */
function codeVersion(root: string): string {
  const hash = createHash('sha256');
  const files = globSync('local/**/*.{ts,c,xml}', { cwd: root }).filter(
    (file) => !/test\.ts$|commands\//.test(file),
  );
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Asks again and again until it is so, or the time is over; says whether it became so. */
export async function until(limitMs: number, so: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if (await so()) return true;
    await sleep(100);
  }
  return false;
}
