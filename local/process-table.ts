import { readdirSync, readFileSync } from 'node:fs';

/** A process told apart from a later one with the same id, by when it started (clock ticks since boot). */
export type ProcessId = { readonly pid: number; readonly startTime: string };

/** The identity of a living process; undefined when there is none, or only a zombie. */
export function identify(pid: number): ProcessId | undefined {
  const fields = statFields(pid);
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const startTime = fields[19];
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether that very process still lives. */
export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.startTime === id.startTime;
}

/** What Linux counts CPU time in. */
const TICK_MS = 10;

/** Memory of each process with all its descendants in bytes; pages shared between processes are shared out. */
export function memoryOf(pids: readonly number[]): Map<number, number> {
  return summed(pids, proportionalSize);
}

/** CPU time that each process has used so far in ms, with all its descendants, those that have ended included. */
export function cpuOf(pids: readonly number[]): Map<number, number> {
  return summed(pids, (pid) => {
    const ticks = (statFields(pid) ?? []).slice(11, 15);
    return ticks.reduce((sum, count) => sum + Number(count) * TICK_MS, 0);
  });
}

/** A figure of each process and all its descendants, added up. */
function summed(pids: readonly number[], figure: (pid: number) => number): Map<number, number> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? statFields(pid)?.[1] : undefined;
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent)) ?? [];
    children.set(Number(parent), [...siblings, pid]);
  }
  const total = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), figure(pid));
  return new Map(pids.map((pid) => [pid, total(pid)]));
}

function proportionalSize(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it ended while we looked, or belongs to somebody else
  }
}

/** The fields of /proc/PID/stat after the command's name: state, parent, … */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
