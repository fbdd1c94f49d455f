import type { Stack } from '../stack.ts';
import { askStatus } from './client.ts';

/** The processes that a person means by a name: a process's own, or a service's or part's, which means all of its processes. */
export async function unitsNamed(name: string | undefined, stack: Stack): Promise<string[]> {
  const status = await askStatus(stack);
  if (!status) throw new Error('The stack is not running. Start it with ./shopverse up.');
  const names = status.units.map((unit) => unit.name);
  if (name && names.includes(name)) return [name];
  const family = names.filter((each) => name && each.startsWith(`${name}-`));
  if (family.length > 0) return family;
  throw new Error(
    `${name ? `There is no "${name}" here` : 'A name is needed'}. There are: ${names.join(', ')}.`,
  );
}
