import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf } from '../local/process-table.ts';
import type { Stack } from '../local/stack.ts';
import { recall } from '../local/supervisor/child.ts';
import { round } from './open-loop.ts';

/** CPU time in ms that each process of the stack has used so far, with its children, by the process's name. */
export function partsCpu(stack: Stack): Map<string, number> {
  const pids = new Map(
    globSync(join(stack.state, 'run/*.json')).map((file) => [
      basename(file, '.json'),
      recall(file)?.pid ?? 0,
    ]),
  );
  const used = cpuOf([...pids.values()]);
  return new Map(Array.from(pids, ([name, pid]) => [name, used.get(pid) ?? 0]));
}

const IDLE_MS = 8_000;

/** What some work cost the stack, by part, with what the part uses at rest taken off. CPU in ms. */
export type Cost<R> = {
  readonly result: R;
  readonly cpu: ReadonlyMap<string, number>;
  /** What the stack uses at rest. */
  readonly idleCores: number;
};

/** Watches the stack at rest for a while, does the work and tells what it cost. */
export async function costOf<R>(stack: Stack, work: () => Promise<R>): Promise<Cost<R>> {
  const idle = await used(stack, () => sleep(IDLE_MS));
  const busy = await used(stack, work);
  return {
    result: busy.result,
    cpu: new Map(
      Array.from(busy.cpu, ([name, ms]) => [name, ms - ((idle.cpu.get(name) ?? 0) / idle.ms) * busy.ms]),
    ),
    idleCores: [...idle.cpu.values()].reduce((sum, ms) => sum + ms, 0) / idle.ms,
  };
}

async function used<R>(stack: Stack, work: () => Promise<R>) {
  const [before, began] = [partsCpu(stack), performance.now()];
  const result = await work();
  const ms = performance.now() - began;
  const cpu = new Map([...partsCpu(stack)].map(([name, now]) => [name, now - (before.get(name) ?? 0)]));
  return { result, ms, cpu };
}

/** Of each part that took some of it, how much a piece, the dearest first; and the sum. */
export function perPiece(cpu: ReadonlyMap<string, number>, pieces: number) {
  const all = Array.from(cpu, ([name, ms]) => [name, ms / pieces] as const);
  const parts = all.filter(([, ms]) => ms >= 0.05).sort((a, b) => b[1] - a[1]);
  return {
    sum: round(all.reduce((sum, [, ms]) => sum + ms, 0)),
    byPart: Object.fromEntries(parts.map(([name, ms]) => [name, round(ms)])),
  };
}
