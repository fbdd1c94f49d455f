/** Ends with 0 when node_modules holds what package-lock.json names, 1 when not. Imports no package, since there may be none. */
import { existsSync, readFileSync } from 'node:fs';

type Lock = { packages: Record<string, { version?: string; optional?: boolean; devOptional?: boolean }> };

function read(path: string): Lock['packages'] {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Lock).packages : {};
}

const installed = read('node_modules/.package-lock.json');
const differs = Object.entries(read('package-lock.json')).some(
  ([place, { version, optional, devOptional }]) => {
    if (place === '') return false;
    // Optional ones are left out where they are for another kind of machine.
    if (installed[place] === undefined) return !(optional || devOptional);
    return installed[place].version !== version;
  },
);
process.exitCode = differs ? 1 : 0;
