import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers } from '../../local/supervisor/probes.ts';

/** How a peer's process is started; what it says goes to `log`. */
export type Start = {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
};

/** A started process. */
export type Running = { readonly pid: number; stop(): Promise<void> };

const GRACE_MS = 10_000;
const READY_MS = 120_000;

/** Starts node with these arguments, for production. It ends with this process, however that ends. */
export function start({ args, cwd, env, log }: Start): Running & { readonly ended: Promise<number | null> } {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('exit', kill);
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(kill, GRACE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Runs one to its end. Throws when it fails. */
export async function runToEnd(command: Start): Promise<void> {
  const code = await start(command).ended;
  if (code !== 0) throw new Error(`${command.args.join(' ')} ended with ${code}; ${command.log} says why.`);
}

/** Waits until it answers there. Throws when it ends before, or takes longer than two minutes. */
export async function untilReady(running: ReturnType<typeof start>, url: string, log: string): Promise<void> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  for (const until = Date.now() + READY_MS; !(await answers(url)); await sleep(200)) {
    if (over || Date.now() > until) throw new Error(`${url} does not answer; ${log} says why.`);
  }
}
