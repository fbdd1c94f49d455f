import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isAlive } from '../process-table.ts';
import { recall } from './child.ts';

/** The names of processes of this state directory that live, whether a supervisor does or not. */
export function leftovers(state: string): string[] {
  return globSync('run/*.json', { cwd: state })
    .filter((file) => {
      const record = recall(join(state, file));
      return record !== undefined && isAlive(record);
    })
    .map((file) => basename(file, '.json'));
}
