import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readIfThere, writeAtomically } from '../files.ts';
import { nicely } from '../nicely.ts';
import type { Command } from '../parts/part.ts';
import { identify, isAlive, type ProcessId } from '../process-table.ts';

/** Of those that give way: a third of what the others get while there is too little for all. */
const NICENESS = 5;

/** What is remembered of a started process, so that a later supervisor knows its own. */
export type Record = ProcessId & { readonly fingerprint: string; readonly restarts: number };

/**
 * Starts a process that outlives the supervisor: in a session of its own, with a file for its output rather than a pipe
 * that would break. `onExit` is told when it ends while this supervisor lives.
 */
export async function launch(command: Command, log: string, onExit: () => void): Promise<ProcessId> {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  try {
    const niceness = command.givesWay ? NICENESS : undefined;
    const child = spawn(...nicely(niceness, command.file, command.args), {
      cwd: command.cwd,
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...command.env },
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`It could not be started: ${error.message}`)));
    });
    child.once('exit', onExit);
    child.unref();
    if (command.givesWay) makeSessionNice(child.pid as number);
    const id = identify(child.pid as number);
    if (!id) throw new Error(`It ended at once; ${log} says why.`);
    return id;
  } finally {
    closeSync(output);
  }
}

/** Linux may share cores out by session first, and then asks for the session's niceness, not for the process's. */
function makeSessionNice(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // It doesn't, or not for everybody: then the process's own counts.
  }
}

/** Signals that very process, if it still lives. */
export function signal(id: ProcessId, name: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Writes down a started process. */
export function remember(path: string, record: Record): void {
  writeAtomically(path, JSON.stringify(record));
}

/** What was written down, or undefined. */
export function recall(path: string): Record | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : JSON.parse(text);
}
