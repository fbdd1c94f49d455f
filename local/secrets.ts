import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeAtomically } from './files.ts';
import { takeLock } from './install/lock.ts';

/** The passwords of one stack, by name ("postgres/order"), kept in a file that only its owner reads. */
export type Secrets = (name: string) => string;

/** Opens the stack's passwords. One that is asked for the first time is made at random and kept, whichever process asks. */
export function openSecrets(state: string): Secrets {
  let known = read(state);
  return (name) => {
    if (known[name] === undefined) known = add(state, name);
    return known[name] as string;
  };
}

/** The passwords whose names begin so, by the rest of the name. */
export function secretsUnder(state: string, prefix: string): Record<string, string> {
  const under = Object.entries(read(state)).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(under.map(([name, secret]) => [name.slice(prefix.length), secret]));
}

/** The supervisor and a command may both be making one: each adds to what the file holds by then. */
function add(state: string, name: string): Record<string, string> {
  const lock = join(state, 'secrets.lock');
  while (!takeLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  try {
    const present = read(state);
    if (present[name] !== undefined) return present;
    const known = { ...present, [name]: randomBytes(32).toString('base64url') };
    writeAtomically(join(state, 'secrets.json'), `${JSON.stringify(known, null, 2)}\n`, 0o600);
    return known;
  } finally {
    rmSync(lock, { force: true });
  }
}

function read(state: string): Record<string, string> {
  return JSON.parse(readIfThere(join(state, 'secrets.json')) ?? '{}');
}
