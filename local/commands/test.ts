import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isInstalled } from '../install/artefact.ts';
import { say, withProgress } from '../install/progress.ts';
import { buildTheRest } from '../parts/in-background.ts';
import { ISTIOD } from '../parts/istiod/build.ts';
import { openStack, type Stack } from '../stack.ts';
import { askStatus, until } from '../supervisor/client.ts';
import { run as down } from './down.ts';
import { run as reset } from './reset.ts';
import { run as up } from './up.ts';

export const summary = 'checks and tests everything, on a stack of its own; what CI runs';
export const usage = '[--unit] [--keep] [FILE...]';

const UNIT = '{services,platform,local,gateway,mesh,tests,proto,bench}/**/!(*.it).test.ts';
const WITH_PARTS = '{services,platform,local,gateway}/**/*.it.test.ts';
const WHOLE = 'tests/**/*.it.test.ts';
/** How far the test stack's ports lie from those of the stack that people use. */
const APART = 1_000;
const ISTIOD_BUILD_MS = 20 * 60_000;

/** One check: a title, and the program that fails when it does not hold. */
type Step = { readonly title: string; readonly program: string; readonly args: readonly string[] };

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { unit: { type: 'boolean' }, keep: { type: 'boolean' } },
  });
  const failed: string[] = [];
  mkdirSync(join(stack.state, 'logs'), { recursive: true });
  buildTheRest(stack);
  if (positionals.length === 0) {
    for (const step of checks(stack)) {
      if (!(await passes(stack, step, {}))) failed.push(step.title);
    }
  }
  if (!values.unit) {
    const files = positionals.length > 0 ? positionals : [WITH_PARTS, WHOLE];
    if (!(await testOnStack(stack, files, values.keep ?? false))) failed.push('the tests on real parts');
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}

/** What needs no running part, cheapest first. */
function checks({ root }: Stack): Step[] {
  const script = (title: string, ...words: string[]): Step => ({
    title,
    program: 'npm',
    args: ['run', '--silent', ...words],
  });
  const jobs: Step = {
    title: 'the stream jobs’ tests',
    program: 'mvn',
    args: ['-q', '-B', '-C', '-f', 'flink/pom.xml', 'test'],
  };
  return [
    script('types', 'types'),
    script('lint', 'lint'),
    script('unused code', 'unused'),
    script('generated code', 'gen', '--', '--check'),
    script('breaking changes of contracts', 'breaking'),
    {
      title: 'unit tests',
      program: process.execPath,
      args: ['--test', '--test-force-exit', '--test-timeout=120000', UNIT],
    },
    {
      title: 'a simulated shop, 10,000 seeds',
      program: process.execPath,
      args: ['local/cli.ts', 'prove', 'simulation', '--seeds', '10000'],
    },
    ...(existsSync(join(root, 'flink/pom.xml')) ? [jobs] : []),
  ];
}

/** Starts a stack beside the one that people use, runs the tests against it, and deletes it; when something failed its data and logs stay. */
async function testOnStack(stack: Stack, files: readonly string[], keep: boolean): Promise<boolean> {
  const own = openStack({ state: '.shopverse-test', portBase: stack.ports.base + APART });
  say('\n── a stack for the tests');
  // The journeys look at traces.
  process.env.TRACE_SAMPLE_RATIO ??= '1';
  const fresh = (await askStatus(own)) === undefined;
  if (fresh) rmSync(join(own.state, 'logs'), { recursive: true, force: true });
  if ((await up(['--no-replay'], own)) !== 0) return false;
  // Without it the tests of the mesh could only be passed over.
  await withProgress('Waiting for istiod’s build', () =>
    until(ISTIOD_BUILD_MS, async () => isInstalled(own.cache, ISTIOD)),
  );
  const passed = await passes(
    stack,
    {
      title: 'tests on real parts',
      program: process.execPath,
      args: ['--test', '--test-concurrency=1', '--test-force-exit', '--test-timeout=600000', ...files],
    },
    { SHOPVERSE_STATE: own.state, SHOPVERSE_PORT_BASE: String(own.ports.base) },
  );
  if (keep) say(`  The stack of the tests still runs: SHOPVERSE_STATE=${own.state} ./shopverse status`);
  else await quietly(() => (passed ? reset([], own) : down([], own)));
  return passed;
}

/** Keeps the tests' own summary the last thing that is read. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
}

async function passes(stack: Stack, step: Step, env: Record<string, string>): Promise<boolean> {
  say(`\n── ${step.title}`);
  const began = Date.now();
  const child = spawn(step.program, step.args, {
    cwd: stack.root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  if (code !== 0) say(`── ${step.title}: FAILED after ${seconds} s`);
  return code === 0;
}
