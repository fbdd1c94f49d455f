import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { say } from '../install/progress.ts';
import type { Stack } from '../stack.ts';
import { BARS, type Bar } from './bench/bars.ts';

export const summary = 'measures the running stack, and shows each figure beside the bar that it is to reach';
export const usage = '[--json] [NAME...]';

const LONGEST_MS = 180_000;
/** Above this much other load, figures say more of the machine than of the platform. */
const QUIET = 1;

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const wanted = BARS.filter(({ name, byName }) =>
    positionals.length === 0 ? !byName : positionals.includes(name),
  );
  const unknown = positionals.filter((name) => BARS.every((bar) => bar.name !== name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no bench "${unknown[0]}". There are: ${BARS.map(({ name }) => name).join(', ')}.`,
    );
  }
  const load = loadavg()[0] ?? 0;
  if (load > QUIET)
    say(`The machine is busy (load ${load.toFixed(1)}): latencies will be those of a busy machine.`);
  for (const bar of wanted) {
    say(`── ${bar.name}: ${bar.what}`);
    const result = await measure(bar, stack);
    if (values.json) console.log(JSON.stringify(result));
    for (const { path, reach, seen, reached } of bar.verdicts(result)) {
      say(`${reached ? '✔' : '✗'} ${path.padEnd(42)} reach ${reach.padEnd(24)} measured ${seen}`);
    }
  }
  return 0;
}

/** The line that a bench prints. */
async function measure(
  { program, environment, longestMs = LONGEST_MS }: Bar,
  stack: Stack,
): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, program, {
    cwd: stack.root,
    env: {
      ...process.env,
      SHOPVERSE_STATE: stack.state,
      SHOPVERSE_PORT_BASE: String(stack.ports.base),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: longestMs,
  });
  let printed = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const line = printed.split('\n').find((each) => each.startsWith('{'));
  if (code !== 0 || line === undefined) {
    throw new Error(
      `${program.join(' ')} ended with ${code} and no result. Is the stack up? ./shopverse status`,
    );
  }
  return JSON.parse(line);
}
