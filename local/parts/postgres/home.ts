import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Stack } from '../../stack.ts';

/** The user that Postgres runs as: it refuses root, so root becomes `postgres`; anybody else stays who they are. */
export function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  if (!line)
    throw new Error('There is no user "postgres" on this machine. `./shopverse doctor` says how to get it.');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Postgres's folder: within the stack's state, unless that lies below a folder that the user postgres may not enter
 * (a clone in /root); then under /var/lib/shopverse.
 */
export function postgresHome(stack: Stack): string {
  const within = join(stack.state, 'postgres');
  if (owner().uid === undefined || isOpenToAll(stack.root)) return within;
  const id = createHash('sha256').update(stack.state).digest('hex').slice(0, 12);
  return join('/var/lib/shopverse', id, 'postgres');
}

function isOpenToAll(folder: string): boolean {
  const searchable = (statSync(folder).mode & 0o001) !== 0;
  const parent = dirname(folder);
  return searchable && (parent === folder || isOpenToAll(parent));
}
