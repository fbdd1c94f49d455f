import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { install, placeOf } from '../../install/artefact.ts';
import { CONFORMANCE } from '../../parts/go/conformance.ts';
import type { Stack } from '../../stack.ts';

export const summary =
  'puts Connect’s conformance suite to the edge, the gateway and the kernel: Connect, gRPC, gRPC-Web';
export const usage = '[-v] [--run PATTERN ...]';

const FOLDER = join(import.meta.dirname, '../../../tests/conformance');

/**
 * Runs the suite in server mode, on a server of its own and not on the stack. Ends with 1 when a case fails that isn't among
 * those that are known and explained, or when one of those doesn't fail any more. What is given is handed to the suite.
 */
export async function run(args: string[], { cache }: Stack): Promise<number> {
  try {
    await install(cache, CONFORMANCE);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    console.log(`The conformance suite is left out, as it can't be built here: ${reason}`);
    return 0;
  }
  const place = placeOf(cache, CONFORMANCE);
  const { startConformanceServer } = await import('../../../tests/conformance/server.ts');
  const server = await startConformanceServer(join(place, 'schema.binpb'));
  try {
    return await suite(join(place, 'connectconformance'), [
      ...['--mode', 'server', '--max-servers', '1', '-p', '4', '--conf', join(FOLDER, 'features.yaml')],
      ...['--known-failing', listIn('known-failing.txt'), '--known-flaky', listIn('known-flaky.txt')],
      ...args,
      ...['--', process.execPath, join(FOLDER, 'announce.ts'), server.announcement.toString('hex')],
    ]);
  } finally {
    await server.stop();
  }
}

/** As the suite is told of a file of names. */
function listIn(file: string): string {
  return `@${join(FOLDER, file)}`;
}

function suite(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
