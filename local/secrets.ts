import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeAtomically } from './files.ts';

/** The passwords of one stack, by name ("postgres/order"), kept in a file that only its owner reads. */
export type Secrets = (name: string) => string;

/** Opens the stack's passwords. One that is asked for the first time is made at random and kept. */
export function openSecrets(state: string): Secrets {
  const path = join(state, 'secrets.json');
  const known: Record<string, string> = JSON.parse(readIfThere(path) ?? '{}');
  return (name) => {
    const existing = known[name];
    if (existing) return existing;
    const made = randomBytes(32).toString('base64url');
    known[name] = made;
    writeAtomically(path, `${JSON.stringify(known, null, 2)}\n`, 0o600);
    return made;
  };
}
