import type { Stack } from '../stack.ts';
import { askStatus } from './client.ts';

/** The processes of the running stack that a person means by a name. */
export async function unitsNamed(name: string | undefined, stack: Stack): Promise<string[]> {
  const status = await askStatus(stack);
  if (!status) throw new Error('The stack is not running. Start it with ./shopverse up.');
  return meant(
    name,
    status.units.map((unit) => unit.name),
  );
}

/** Among these: the process of that name, or a service's instances, or a part's processes. Throws a sentence when there is none. */
export function meant(name: string | undefined, names: readonly string[]): string[] {
  const kinds = [
    names.filter((each) => each === name),
    names.filter((each) => each.replace(/-\d$/, '') === name), // "payment" is not the payment simulator
    names.filter((each) => each.split('-')[0] === name),
  ];
  const found = kinds.find((kind) => kind.length > 0);
  if (found) return found;
  throw new Error(
    `${name ? `There is no "${name}" here` : 'A name is needed'}. There are: ${names.join(', ')}.`,
  );
}
