import type { Stack } from '../stack.ts';
import { accepts } from './probes.ts';

/** The ports of this stack that something listens on, each with the part that wants it. To be asked while the stack is down. */
export async function takenPorts(stack: Stack): Promise<string[]> {
  const { base: _, ...parts } = stack.ports;
  const looks = Object.entries(parts).map(async ([part, port]) =>
    (await accepts(port)) ? `${port} (${part})` : '',
  );
  return (await Promise.all(looks)).filter(Boolean);
}
