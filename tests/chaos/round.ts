import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtServices, reasonsOf, waitForQuiet } from '../invariants/quiet.ts';
import type { Finding } from '../invariants/report.ts';
import { runChecks } from '../invariants/run-checks.ts';
import { openWorld } from '../invariants/world/world.ts';
import type { Dice } from './dice.ts';
import type { Fault } from './fault.ts';
import type { Takings, Till } from './load.ts';
import type { Stage } from './stage.ts';

/** How each round goes. */
export type Rounds = {
  /** Orders a second. */
  readonly rate: number;
  /** How long orders come before the fault begins, and after it has been healed. Milliseconds. */
  readonly leadMs: number;
  /** Asked when everything has come to rest: whether to check every invariant. */
  readonly check: () => boolean;
};

/** What came of a round. */
export type Played = {
  readonly round: number;
  readonly fault: Fault;
  readonly takings: Takings;
  /** From the moment that no more orders came until all were settled, the services at rest and all processes up. */
  readonly quietMs: number;
  /** In a sentence each: orders that nobody knows of, processes that stayed away, invariants that are violated. */
  readonly violations: readonly string[];
};

/** Reliability.md: quiet comes within this time of healing. */
const QUIET_MS = 60_000;

/** Plays a fault while orders come; then heals, waits for quiet, and checks. */
export async function playRound(
  { stage, till }: { readonly stage: Stage; readonly till: Till },
  round: number,
  fault: Fault,
  dice: Dice,
  { rate, leadMs, check }: Rounds,
): Promise<Played> {
  const violations: string[] = [];
  const shift = till.open(rate, fault.cards ?? ['pm_card_visa'], dice);
  await sleep(leadMs);
  try {
    const heal = await fault.inject(stage, dice);
    await heal();
  } catch (error) {
    violations.push(`the fault itself: ${(error as Error).message}`);
  }
  await sleep(leadMs);
  const ended = performance.now();
  const takings = await shift.close();
  if (takings.failed > 0)
    violations.push(`${takings.failed} orders were not settled, or nobody knows of them`);
  const patienceMs = fault.quietMs ?? QUIET_MS;
  if (!(await stage.allUp(patienceMs))) violations.push('not every process came up again');
  violations.push(...(await unrestAfter(stage, patienceMs)).map((reason) => `no quiet: ${reason}`));
  const quietMs = performance.now() - ended;
  if (check()) {
    const { state } = stage.stack;
    violations.push(...violationsIn(await runChecks({ state, patienceMs: QUIET_MS, say: () => undefined })));
  }
  return { round, fault, takings, quietMs, violations };
}

/** What goes on in the services when `patienceMs` are over; nothing as soon as they are at rest. */
async function unrestAfter({ stack }: Stage, patienceMs: number): Promise<readonly string[]> {
  const world = await openWorld(stack.state);
  try {
    return reasonsOf(await waitForQuiet(world, patienceMs, () => undefined, lookAtServices));
  } finally {
    await world.close();
  }
}

function violationsIn(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ verdict }) => verdict === 'violated')
    .map(({ id, sentence, examples }) => `${id} ${sentence}: ${examples.join('; ')}`);
}
