import type { Invariant, Verdict } from './invariant.ts';
import { restless, waitForQuiet } from './quiet.ts';
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
 * Checks the invariants of a running stack from outside. Not getting quiet is a violation itself; what holds in quiet
 * only is checked all the same after a wait, and left out where nobody waited. Throws when the stack can't be read.
 */
export async function runChecks({ state, patienceMs, only = [], say }: Checking): Promise<Finding[]> {
  const unknown = only.filter((id) => !invariants.some((invariant) => invariant.id === id));
  if (unknown.length > 0) {
    throw new Error(
      `There is no invariant ${unknown.join(', ')}; there are ${invariants.map(({ id }) => id).join(', ')}`,
    );
  }
  const world = await openWorld(state);
  try {
    const began = performance.now();
    const waited = patienceMs > 0;
    const reasons = waited ? await waitForQuiet(world, patienceMs, say) : await restless(world);
    await world.databases.freeze();
    const findings = [findingOf(quiet, quietVerdict(reasons, waited), (performance.now() - began) / 1_000)];
    for (const invariant of invariants) {
      if (only.length === 0 || only.includes(invariant.id)) {
        findings.push(await checkOne(world, invariant, reasons.length === 0 || waited, say));
      }
    }
    return findings;
  } finally {
    await world.close();
  }
}

async function checkOne(
  world: World,
  invariant: Invariant,
  quietEnough: boolean,
  say: (line: string) => void,
): Promise<Finding> {
  if (invariant.when === 'quiet' && !quietEnough) {
    return findingOf(invariant, { notApplicable: 'the system is not quiet' }, 0);
  }
  const began = performance.now();
  const slow = setTimeout(() => say(`  checking ${invariant.id}`), 2_000);
  try {
    const verdict = await invariant.check(world);
    return findingOf(invariant, verdict, (performance.now() - began) / 1_000);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${invariant.id} could not be checked: ${why}`, { cause: error });
  } finally {
    clearTimeout(slow);
  }
}

function quietVerdict(reasons: readonly string[], waited: boolean): Verdict {
  return reasons.length > 0 && !waited
    ? { notApplicable: `nobody waited: ${reasons.join('; ')}` }
    : {
        looked: 'orders, payments, outboxes, consumers, the stream job, ClickHouse',
        counterexamples: reasons,
      };
}
