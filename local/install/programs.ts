import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { SystemProgram } from '../parts/part.ts';
import { say, withProgress } from './progress.ts';
import { run } from './run.ts';

const POLICY = '/usr/sbin/policy-rc.d';

/** Where a program of the distribution is, or undefined. */
export function locate({ program, places = [], trial }: SystemProgram): string | undefined {
  const folders = [...places, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, program)).filter(isExecutable);
  return found.find((path) => !trial || spawnSync(path, trial).status === 0);
}

/** Like {@link locate}, for what has been installed by then. */
export function located(program: SystemProgram): string {
  const place = locate(program);
  if (place) return place;
  throw new Error(`${program.program} is missing. \`./shopverse doctor\` says how to get it.`);
}

/** The line that installs these programs' packages. */
export function installLine(programs: readonly SystemProgram[]): string {
  const packages = [...new Set(programs.map((program) => program.package))];
  return `apt-get install --no-install-recommends -y ${packages.join(' ')}`;
}

/** Installs what is missing when we are root; otherwise throws the sentence that says how. */
export async function installPrograms(programs: readonly SystemProgram[]): Promise<void> {
  const missing = programs.filter((program) => !locate(program));
  if (missing.length === 0) return;
  const line = installLine(missing);
  if (process.getuid?.() !== 0) {
    throw new Error(`Some programs are missing, and only root can install them. Run: sudo ${line}`);
  }
  say(`  Missing: ${missing.map((program) => program.program).join(', ')}. Running: ${line}`);
  await withProgress('Installing packages of the distribution', () =>
    withoutStarting(() => aptInstall(line)),
  );
  const still = missing.filter((program) => !locate(program)).map((program) => program.program);
  if (still.length > 0)
    throw new Error(`apt-get ended well, but ${still.join(', ')} is still not to be found.`);
}

async function aptInstall(line: string): Promise<void> {
  const [apt, ...args] = line.split(' ') as [string, ...string[]];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('dpkg', ['--configure', '-a'], { env }); // a Ctrl-C may have left a package unpacked only
  await run(apt, ['-q', 'update'], { env });
  await run(apt, args, { env });
}

/** Debian starts a server when it installs one; ours run from the stack's own directory and ports instead. */
async function withoutStarting(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  try {
    await work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
