import { withProgress } from '../install/progress.ts';
import type { Stack } from '../stack.ts';
import { askStatus, command, until } from '../supervisor/client.ts';
import { unitsNamed } from '../supervisor/units-named.ts';

export const summary =
  'stops a process in order and starts it again; a service’s name means all its instances, one after the other';
export const usage = 'NAME';

export async function run(args: string[], stack: Stack): Promise<number> {
  for (const name of await unitsNamed(args[0], stack)) {
    const back = await withProgress(`Restarting ${name}`, async () => {
      await command(stack, 'restart', name);
      return until(120_000, async () => {
        const unit = (await askStatus(stack))?.units.find((each) => each.name === name);
        return unit?.phase === 'up';
      });
    });
    if (!back)
      throw new Error(`${name} did not come back within two minutes; ./shopverse logs ${name} says why.`);
    console.log(`${name} is up again.`);
  }
  return 0;
}
