import { execFile, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The Envoy that `./shopverse up` installed, or the one that $SHOPVERSE_ENVOY names. */
function envoyBinary(): string {
  if (process.env.SHOPVERSE_ENVOY) return process.env.SHOPVERSE_ENVOY;
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'shopverse');
  const found = globSync('envoy-*/venv/lib/python3*/site-packages/envoy/_bin/envoy', { cwd: cache })
    .sort()
    .at(-1);
  if (!found) throw new Error(`There is no Envoy in ${cache}; \`./shopverse up\` installs it.`);
  return join(cache, found);
}

/** Whether Envoy takes a bootstrap, and what it says of it. */
export async function validate(path: string): Promise<{ accepted: boolean; output: string }> {
  const run = promisify(execFile);
  try {
    const { stdout, stderr } = await run(envoyBinary(), ['--mode', 'validate', '-c', path]);
    return { accepted: true, output: stdout + stderr };
  } catch (error) {
    return { accepted: false, output: String((error as { stderr?: string }).stderr ?? error) };
  }
}

/** Runs Envoy with a bootstrap until stopped. Resolves when it serves; throws with its last words if it doesn't. */
export async function runEnvoy(
  path: string,
  adminPort: number,
): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const args = ['-c', path, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning'].concat(
    '--file-flush-interval-msec',
    '200',
  );
  const child = spawn(envoyBinary(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk) => {
    words = (words + chunk).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`Envoy ended:\n${words}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    if (answer?.ok) {
      return {
        pid: child.pid ?? 0,
        async stop() {
          child.kill('SIGKILL');
          await ended;
        },
      };
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`Envoy wasn't ready in ten seconds:\n${words}`);
}
