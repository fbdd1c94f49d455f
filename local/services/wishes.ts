import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../files.ts';
import { MAX_INSTANCES } from '../ports.ts';

/** What people asked for beyond the defaults; kept, so that it holds after `down` and `up`. */
export type Wishes = {
  readonly instances: Readonly<Record<string, number>>;
  /** Instances' versions, where that isn't the first. */
  readonly versions?: Readonly<Record<string, string>>;
};

/** What an instance is that nobody says anything of. */
const FIRST_VERSION = 'v1';

/** The version that an instance is to run as. */
export function versionOf({ versions }: Wishes, instance: string): string {
  return versions?.[instance] ?? FIRST_VERSION;
}

/** Wishes for an instance to run as a version. Throws a sentence for one that can't be a label. */
export function wishVersion(state: string, instance: string, version: string): void {
  if (!/^[a-z0-9]([a-z0-9.-]{0,30}[a-z0-9])?$/.test(version))
    throw new Error(`"${version}" is no version: small letters, digits, dots and dashes are.`);
  const wishes = readWishes(state);
  const versions = { ...wishes.versions, [instance]: version };
  writeAtomically(join(state, 'wishes.json'), JSON.stringify({ ...wishes, versions }));
}

/** The stack's wishes. */
export function readWishes(state: string): Wishes {
  return JSON.parse(readIfThere(join(state, 'wishes.json')) ?? '{"instances":{}}');
}

/** Wishes for so many instances of a service. Throws a sentence for a number that cannot be. */
export function wishInstances(state: string, service: string, count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > MAX_INSTANCES) {
    throw new Error(`A service has 0 to ${MAX_INSTANCES} instances, not ${count}.`);
  }
  const wishes = readWishes(state);
  const instances = { ...wishes.instances, [service]: count };
  writeAtomically(join(state, 'wishes.json'), JSON.stringify({ ...wishes, instances }));
}
