import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Artefact } from '../parts/part.ts';
import { withLock } from './lock.ts';
import { withProgress } from './progress.ts';

/** Where the artefact lies, or will. */
export function placeOf(cache: string, artefact: Artefact): string {
  return join(cache, artefact.name);
}

/** Whether it is there, whole. */
export function isInstalled(cache: string, artefact: Artefact): boolean {
  return existsSync(placeOf(cache, artefact));
}

/**
 * Makes the artefact unless it is there. It is made beside its place and moved in one step, under a lock that all clones
 * share: whatever interrupts this leaves either nothing or the whole.
 */
export async function install(cache: string, artefact: Artefact): Promise<void> {
  if (isInstalled(cache, artefact)) return;
  const place = placeOf(cache, artefact);
  await withProgress(`Installing ${artefact.title}`, () =>
    withLock(`${place}.lock`, async () => {
      if (isInstalled(cache, artefact)) return;
      sweep(cache, artefact.name);
      const folder = mkdtempSync(join(cache, `.${artefact.name}-`));
      try {
        await artefact.make(folder);
        renameSync(folder, place);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
  );
}

/** Removes what an interrupted installation left. Only under the lock. */
function sweep(cache: string, name: string): void {
  mkdirSync(cache, { recursive: true });
  for (const entry of readdirSync(cache)) {
    if (entry.startsWith(`.${name}-`)) rmSync(join(cache, entry), { recursive: true, force: true });
  }
}
