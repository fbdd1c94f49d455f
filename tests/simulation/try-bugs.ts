import type { Bug } from './bugs.ts';
import { runSeeds } from './run-seeds.ts';

/** How the search for a bug ended: the seed that found it, and what it broke; or how many seeds were in vain. */
export type Found = {
  readonly bug: Bug;
  readonly seed: number | undefined;
  readonly violation: string;
  readonly seeds: number;
};

/** Puts a bug into the code, and lives through seeds until one breaks the invariant that the bug is to break. */
export async function tryBug(bug: Bug, mostSeeds: number): Promise<Found> {
  const broken: { seed: number; violation: string }[] = [];
  const outcome = await runSeeds({
    from: 1,
    count: mostSeeds,
    patches: bug.patches,
    onFailure: ({ seed, violations }) => {
      const violation = violations.find((sentence) => sentence.startsWith(`${bug.breaks} `));
      if (violation !== undefined) {
        broken.push({ seed, violation });
      }
    },
    enough: () => broken.length > 0,
  });
  const [first] = broken.toSorted((one, other) => one.seed - other.seed);
  return { bug, seed: first?.seed, violation: first?.violation ?? '', seeds: outcome.seeds };
}
