import type { Invariant } from './invariant.ts';
import { lookForUnrest, reasonsOf, type Unrest, waitForQuiet } from './quiet.ts';
import { invariants } from './registry.ts';
import { type Finding, findingOf } from './report.ts';
import { openWorld, type World } from './world/world.ts';

/** How the checks are made. */
export type Checking = {
  /** The folder of the stack's state. */
  readonly state: string;
  /** How long to wait for quiet; 0 only looks whether it is. Milliseconds. */
  readonly patienceMs: number;
  /** The ids of the invariants to check; all when empty. */
  readonly only?: readonly string[];
  /** Is told what goes on. */
  readonly say: (line: string) => void;
};

const quiet = {
  id: 'quiet',
  sentence:
    'once load has stopped everything comes to rest: orders settled, outboxes drained, readers caught up',
  when: 'quiet',
} as const;

/**
 * Checks the invariants of a running stack from outside. Not getting quiet, or not staying so, is a violation itself,
 * and nothing is then said of what holds in quiet only; but where everything has come to rest and merely orders or
 * payments are stuck, it is checked all the same. Throws when there is no stack to connect to.
 */
export async function runChecks({ state, patienceMs, only = [], say }: Checking): Promise<Finding[]> {
  const unknown = only.filter((id) => !invariants.some((invariant) => invariant.id === id));
  if (unknown.length > 0) {
    const known = invariants.map(({ id }) => id).join(', ');
    throw new Error(`There is no invariant ${unknown.join(', ')}; there are ${known}`);
  }
  const world = await openWorld(state);
  try {
    const began = performance.now();
    const before = await waitForQuiet(world, patienceMs, say);
    const seconds = (performance.now() - began) / 1_000;
    await world.databases.freeze();
    const still = before.moving.length === 0 && (before.unsettled.length === 0 || patienceMs > 0);
    const wanted = invariants.filter(({ id }) => only.length === 0 || only.includes(id));
    const findings: Finding[] = [];
    for (const invariant of wanted) {
      findings.push(
        invariant.when === 'always' || still
          ? await checkOne(world, invariant, say)
          : findingOf(invariant, { notApplicable: 'the system is not quiet' }, 0),
      );
    }
    const came = still ? (await lookForUnrest(world)).records - before.records : 0n;
    return [
      restFinding(before, came, patienceMs > 0, seconds),
      ...(came > 0n ? withoutDoubtful(findings) : findings),
    ];
  } finally {
    await world.close();
  }
}

/** What was wrong while something moved may be due to that alone. */
export function withoutDoubtful(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) =>
    finding.when === 'quiet' && finding.verdict === 'violated'
      ? findingOf(
          finding,
          { notApplicable: 'the system did not stay quiet while it was looked at' },
          finding.seconds,
        )
      : finding,
  );
}

async function checkOne(world: World, invariant: Invariant, say: (line: string) => void): Promise<Finding> {
  const began = performance.now();
  const slow = setTimeout(() => say(`  checking ${invariant.id}`), 2_000);
  try {
    const verdict = await invariant.check(world);
    return findingOf(invariant, verdict, (performance.now() - began) / 1_000);
  } catch (error) {
    // What can't be looked at can't be said to hold; the others can.
    const why = error instanceof Error ? error.message : String(error);
    return findingOf(
      invariant,
      { looked: 'nothing', counterexamples: [`it could not be checked: ${why}`] },
      0,
    );
  } finally {
    clearTimeout(slow);
  }
}

/** Where nobody waited, unrest is no fault. */
function restFinding(before: Unrest, came: bigint, waited: boolean, seconds: number): Finding {
  const looked = 'orders, payments, outboxes, consumers, the stream job, ClickHouse';
  const reasons = reasonsOf(before);
  if (came > 0n) {
    reasons.push(`${came} records came while the system was looked at`);
  }
  return reasons.length > 0 && !waited
    ? findingOf(quiet, { notApplicable: `nobody waited: ${reasons.join('; ')}` }, seconds)
    : findingOf(quiet, { looked, counterexamples: reasons }, seconds);
}
