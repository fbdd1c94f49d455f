import { parseArgs } from 'node:util';
import { bugs } from '../../../tests/simulation/bugs.ts';
import { loadForSimulation } from '../../../tests/simulation/loading.ts';
import { crashPoints, unreached } from '../../../tests/simulation/reached.ts';
import { type Outcome, runSeeds } from '../../../tests/simulation/run-seeds.ts';
import { tryBug } from '../../../tests/simulation/try-bugs.ts';
import { Coverage } from '../../../tests/simulation/world/coverage.ts';
import { renderTable } from '../../table.ts';

export const summary = 'lives through seeds of the simulated checkout, and judges each by the invariants';
export const usage = '[--seeds 100000] [--from 1] [--seed S] [--bugs] [--threads N] [--json]';

/** From so many seeds on everything must have been reached. */
const enoughToReachAll = 10_000;

const mostSeedsForABug = 1_000;

/** 1 when a seed fails, or when many seeds leave something unreached. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string', default: '100000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      bugs: { type: 'boolean', default: false },
      threads: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.seed !== undefined) return replay(Number(values.seed));
  if (values.bugs) return findBugs();
  let told = Date.now();
  const outcome = await runSeeds({
    from: Number(values.from),
    count: Number(values.seeds),
    ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
    enough: (failures) => failures >= 20,
    onFailure: ({ seed, violations }) => process.stderr.write(`  seed ${seed}: ${violations[0]}\n`),
    onProgress: (seeds, failures) => {
      if (Date.now() - told > 10_000) {
        told = Date.now();
        process.stderr.write(`  ${seeds} seeds, ${failures} failed\n`);
      }
    },
  });
  const missing = unreached(outcome.coverage);
  if (values.json) console.log(JSON.stringify({ ...outcome, missing }));
  else print(outcome, missing);
  const incomplete = missing.edges.length + missing.crashes.length > 0 && outcome.seeds >= enoughToReachAll;
  return outcome.failures.length > 0 || incomplete ? 1 : 0;
}

/** Puts each bug of the catalogue into the code, and shows which seed gives it away as what. 1 when one is missed. */
async function findBugs(): Promise<number> {
  const rows = [['INVARIANT', 'BUG IN THE CODE', 'FOUND', 'AS']];
  let missed = 0;
  for (const bug of bugs) {
    const { seed, violation, seeds } = await tryBug(bug, mostSeedsForABug);
    missed += seed === undefined ? 1 : 0;
    const found = seed === undefined ? `MISSED by ${seeds}` : `seed ${seed}`;
    rows.push([
      bug.breaks,
      bug.what,
      found,
      violation.length > 80 ? `${violation.slice(0, 79)}…` : violation,
    ]);
    process.stderr.write(`  ${bug.what}: ${found}\n`);
  }
  console.log(renderTable(rows));
  console.log(`\n${bugs.length} bugs, ${missed} missed, within ${mostSeedsForABug} seeds each.`);
  return missed === 0 ? 0 : 1;
}

/** One seed again, with everything that happened in it. */
async function replay(seed: number): Promise<number> {
  loadForSimulation();
  const { simulate } = await import('../../../tests/simulation/simulate.ts');
  const { notes, violations, events, digest } = await simulate(seed, new Coverage(), { takesNotes: true });
  console.log(notes.join('\n'));
  console.log(`\nseed ${seed}: ${events} events, digest ${digest.toString(16)}`);
  for (const violation of violations) console.log(`  VIOLATED ${violation}`);
  return violations.length > 0 ? 1 : 0;
}

function print(
  { seeds, events, ms, cpuMs, failures, coverage }: Outcome,
  missing: ReturnType<typeof unreached>,
): void {
  for (const { seed, violations } of failures) {
    console.log(`seed ${seed}`);
    for (const violation of violations) console.log(`  ${violation}`);
  }
  const table = (title: string, counts: Readonly<Record<string, number>>) => {
    console.log(`\n${title}`);
    for (const [name, count] of Object.entries(counts).sort((one, other) => other[1] - one[1])) {
      console.log(`  ${String(count).padStart(9)}  ${name}`);
    }
  };
  table('Edges of the saga', coverage.edges);
  table('Processes that died at', coverage.crashes);
  table('Faults', coverage.faults);
  table('Orders at the end', coverage.ends);
  console.log(`
${seeds} seeds, ${events} events in ${(ms / 1_000).toFixed(1)} s (${Math.round((seeds * 1_000) / ms)} seeds/s, ${(cpuMs / seeds).toFixed(1)} ms of a processor each)
${failures.length} failed${failures[0] === undefined ? '' : `; ./shopverse prove simulation --seed ${failures[0].seed} shows the first`}
Edges not reached: ${missing.edges.join(', ') || 'none'}
Crash points not reached: ${missing.crashes.join(', ') || `none of ${crashPoints.length}`}`);
}
