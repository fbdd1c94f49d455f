import { join } from 'node:path';
import { makeInBackground } from '../install/in-background.ts';
import type { Stack } from '../stack.ts';
import { ISTIOD } from './istiod/build.ts';
import { RATELIMIT } from './ratelimit/build.ts';

/** Begins to build what a stack does without until it is there: nothing of it is needed for the first order. */
export function buildTheRest({ cache, state }: Stack): void {
  for (const [artefact, part] of [
    [ISTIOD, 'istiod'],
    [RATELIMIT, 'ratelimit'],
  ] as const) {
    const script = join(import.meta.dirname, part, 'build.ts');
    makeInBackground(artefact, script, cache, join(state, 'logs', `${part}-build.log`));
  }
}
