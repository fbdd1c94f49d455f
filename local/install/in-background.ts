import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { nicely } from '../nicely.ts';
import type { Artefact } from '../parts/part.ts';
import { isInstalled } from './artefact.ts';

/**
 * Begins to make an artefact by its script, at the lowest priority, unless it is there. Nobody waits for it: a second script that is
 * begun meanwhile finds the first's lock, and ends.
 */
export function makeInBackground(artefact: Artefact, script: string, cache: string, log: string): void {
  if (isInstalled(cache, artefact)) return;
  const output = openSync(log, 'a');
  spawn(...nicely(19, process.execPath, [script]), {
    detached: true,
    stdio: ['ignore', output, output],
  }).unref();
}
