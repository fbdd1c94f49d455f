import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cpuOf } from '../local/process-table.ts';
import type { Stack } from '../local/stack.ts';
import { recall } from '../local/supervisor/child.ts';

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
