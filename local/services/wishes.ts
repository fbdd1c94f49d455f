import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../files.ts';
import { MAX_INSTANCES } from '../ports.ts';

/** What people asked for beyond the defaults; kept, so that it holds after `down` and `up`. */
export type Wishes = { readonly instances: Readonly<Record<string, number>> };

/** The stack's wishes. */
export function readWishes(state: string): Wishes {
  return JSON.parse(readIfThere(join(state, 'wishes.json')) ?? '{"instances":{}}');
}

/** Wishes for so many instances of a service. Throws a sentence for a number that cannot be. */
export function wishInstances(state: string, service: string, count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > MAX_INSTANCES) {
    throw new Error(`A service has 0 to ${MAX_INSTANCES} instances, not ${count}.`);
  }
  const { instances } = readWishes(state);
  writeAtomically(
    join(state, 'wishes.json'),
    JSON.stringify({ instances: { ...instances, [service]: count } }),
  );
}
