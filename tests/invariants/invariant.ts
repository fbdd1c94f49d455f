import type { World } from './world/world.ts';

/** Something that must hold, whatever happens: see docs and reliability.md for the meaning behind each id. */
export type Invariant = {
  /** Such as `I-02`. */
  readonly id: string;
  /** What holds, in one sentence. */
  readonly sentence: string;
  /** `always`: in any snapshot. `quiet`: once load has stopped, faults are healed and everything has caught up. */
  readonly when: 'always' | 'quiet';
  /** Looks at the whole world. Throws only when a part of it can't be read. */
  check(world: World): Promise<Verdict>;
};

/** What was looked at and what contradicts the invariant, or why there was nothing to look at. */
export type Verdict =
  | { readonly looked: string; readonly counterexamples: readonly string[] }
  | { readonly notApplicable: string };

/**
 * The verdict after looking at so many of each thing: `{ orders: 12430 }`. Where there was none of the first thing and
 * nothing contradicts, the invariant says nothing yet.
 */
export function judged(
  looked: Readonly<Record<string, number>>,
  counterexamples: readonly string[],
): Verdict {
  const counts = Object.entries(looked);
  const [first] = counts;
  if (counterexamples.length === 0 && first !== undefined && first[1] === 0) {
    return { notApplicable: `there are no ${first[0]} yet` };
  }
  return {
    looked: counts.map(([what, count]) => `${count.toLocaleString('en')} ${what}`).join(', '),
    counterexamples,
  };
}
