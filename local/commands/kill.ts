import type { Stack } from '../stack.ts';
import { command } from '../supervisor/client.ts';
import { unitsNamed } from '../supervisor/units-named.ts';

export const summary = 'kills a process with SIGKILL, as an accident would; the supervisor brings it back';
export const usage = 'NAME';

export async function run(args: string[], stack: Stack): Promise<number> {
  for (const name of await unitsNamed(args[0], stack)) {
    await command(stack, 'kill', name);
    console.log(`Killed ${name}.`);
  }
  return 0;
}
