import { say, withProgress } from '../install/progress.ts';
import type { Stack } from '../stack.ts';
import { askStatus, ensureSupervisor, until } from '../supervisor/client.ts';
import { ask, socketPath } from '../supervisor/control.ts';
import { leftovers } from '../supervisor/leftovers.ts';

export const summary = 'stops everything in order; the data stays';

export async function run(_args: string[], stack: Stack): Promise<number> {
  if (!(await askStatus(stack))) {
    if (leftovers(stack.state).length === 0) {
      say('Nothing is running.');
      return 0;
    }
    await ensureSupervisor(stack); // a killed supervisor left processes, which only one that knows them stops in order
  }
  const stopped = await withProgress('Stopping', async () => {
    await ask(socketPath(stack.state), 'stop');
    return until(
      120_000,
      async () => (await askStatus(stack)) === undefined && leftovers(stack.state).length === 0,
    );
  });
  if (!stopped)
    throw new Error('Some processes did not stop within two minutes; ./shopverse status names them.');
  say('Stopped. The data is kept; ./shopverse reset deletes it.');
  return 0;
}
