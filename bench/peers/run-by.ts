import { cpuOf, memoryOf } from '../../local/process-table.ts';
import type { JsonCalls } from './json-calls.ts';
import type { Place } from './place.ts';
import type { Running } from './process.ts';
import type { Shop } from './shop.ts';

/** What is told of a shop by the processes that it runs as, and how it ends. */
export function runBy(
  processes: Readonly<Record<string, Running>>,
  place: Place,
  http: JsonCalls,
): Pick<Shop, 'cpu' | 'memory' | 'close'> {
  const parts = Object.entries(processes);
  const pids = parts.map(([, { pid }]) => pid);
  return {
    cpu() {
      const used = cpuOf(pids);
      return new Map([
        ...parts.map(([name, { pid }]) => [name, used.get(pid) ?? 0] as const),
        ...place.shared(),
      ]);
    },
    memory: () => [...memoryOf(pids).values()].reduce((sum, each) => sum + each, 0),
    async close() {
      http.close();
      await Promise.all(parts.map(([, running]) => running.stop()));
    },
  };
}
