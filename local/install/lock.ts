import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere } from '../files.ts';
import { identify, isAlive, type ProcessId } from '../process-table.ts';

/** Does the work while no other process, of whichever clone, holds the same lock. A lock whose holder died is taken over. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!takeLock(path)) await sleep(250);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Takes the lock for this process's lifetime if no living process holds it, and says whether it did. */
export function takeLock(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    return linked(own, path) || (discardIfDead(path) && linked(own, path));
  } finally {
    rmSync(own, { force: true });
  }
}

/** A link appears with its whole content or not at all, unlike a file that is opened and then written. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function discardIfDead(path: string): boolean {
  if (isHeld(readIfThere(path))) return false;
  const aside = `${path}.dead-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  // Between the look and the rename somebody else may have taken it over: then it is theirs.
  const theirs = isHeld(readIfThere(aside));
  if (theirs) linked(aside, path);
  rmSync(aside, { force: true });
  return !theirs;
}

function isHeld(content: string | undefined): boolean {
  return content !== undefined && isAlive(JSON.parse(content) as ProcessId);
}
