import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Stack } from '../../stack.ts';
import { askStatus } from '../../supervisor/client.ts';

export const summary =
  'many at once want the last items, a coupon, a refund, the same order: exactly so many get it';
export const usage = '[--buyers N] [--times N]';

/** The tests of tests/races with the whole crowd, on the running stack. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      buyers: { type: 'string', default: '2000' },
      times: { type: 'string', default: '20' },
    },
  });
  if ((await askStatus(stack)) === undefined)
    throw new Error('The stack is not running. Start it with ./shopverse up.');
  const child = spawn(
    process.execPath,
    ['--test', '--test-concurrency=1', '--test-force-exit', 'tests/races/*.it.test.ts'],
    {
      cwd: stack.root,
      stdio: 'inherit',
      env: {
        ...process.env,
        SHOPVERSE_STATE: stack.state,
        RACES_BUYERS: values.buyers,
        RACES_TIMES: values.times,
      },
    },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
