import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { faultNamed, roundOf } from '../../../tests/chaos/campaign.ts';
import { openTill } from '../../../tests/chaos/load.ts';
import { availabilityOf, renderReport } from '../../../tests/chaos/report.ts';
import { type Played, playRound } from '../../../tests/chaos/round.ts';
import { openStage } from '../../../tests/chaos/stage.ts';
import { YEAR } from '../../grocer/year.ts';
import { install } from '../../install/artefact.ts';
import { say } from '../../install/progress.ts';
import { seed as fill } from '../../shop/seed.ts';
import type { Stack } from '../../stack.ts';

export const summary =
  'plays faults on the running stack while real orders come, and checks every invariant after each';
export const usage =
  '[--rounds N] [--from K] [--seed S] [--round K] [--fault NAME] [--rate N] [--lead SECONDS] [--check-every N] [--minutes N] [--json]';

/** Ends at the first violation, with the state as it is, so that it can be looked into. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '300' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      round: { type: 'string' },
      fault: { type: 'string' },
      rate: { type: 'string', default: '3' },
      lead: { type: 'string', default: '4' },
      'check-every': { type: 'string', default: '1' },
      minutes: { type: 'string', default: '600' },
      json: { type: 'boolean' },
    },
  });
  const { seed } = values;
  const only = values.fault === undefined ? undefined : faultNamed(values.fault);
  const first = Number(values.round ?? values.from);
  const last = values.round === undefined ? first + Number(values.rounds) - 1 : first;
  const every = Number(values['check-every']);
  const until = Date.now() + Number(values.minutes) * 60_000;
  await fill(stack);
  await install(stack.cache, YEAR);
  const stage = openStage(stack);
  const till = await openTill(stack);
  const played: Played[] = [];
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  say(`  seed ${seed}`);
  try {
    for (let round = first; round <= last && !stop.signal.aborted && Date.now() < until; round += 1) {
      const { fault: dealt, dice } = roundOf(seed, round);
      const fault = only ?? dealt;
      say(`  round ${round}: ${fault.row} ${fault.name} …`);
      const check = () =>
        (round - first + 1) % every === 0 || round === last || Date.now() >= until || stop.signal.aborted;
      const rounds = { rate: Number(values.rate), leadMs: Number(values.lead) * 1_000, check };
      const result = await playRound({ stage, till }, round, fault, dice, rounds);
      played.push(result);
      say(`  round ${round}: ${toldOf(result)}`);
      if (result.violations.length > 0) {
        for (const violation of result.violations) say(`    ${violation}`);
        say(
          `  again: ./shopverse prove chaos --seed ${seed} --round ${round}${only ? ` --fault '${only.name}'` : ''}`,
        );
        break;
      }
    }
  } finally {
    await stage.close();
  }
  const violations = played.flatMap((each) => each.violations);
  if (values.json) {
    const rounds = played.map(({ fault, takings, ...rest }) => {
      const { placeTimes, sagaTimes, ...counts } = takings;
      return { ...rest, row: fault.row, fault: fault.name, ...counts, slowestMs: Math.max(0, ...placeTimes) };
    });
    console.log(JSON.stringify({ seed, rounds, violations }));
  } else {
    console.log(renderReport(played));
    console.log(
      `\n${played.length} rounds of seed ${seed}: ${violations.length} violations, ${availabilityOf(played)} of calls answered.`,
    );
  }
  return violations.length === 0 && played.length > 0 ? 0 : 1;
}

function toldOf({ takings, quietMs, violations }: Played): string {
  const { orders, paid, undone, calls, callsFailed } = takings;
  const end = violations.length === 0 ? 'all well' : 'VIOLATED';
  return `${orders} orders, ${paid} paid, ${undone} undone, ${callsFailed} of ${calls} calls failed, quiet after ${(quietMs / 1_000).toFixed(1)} s, ${end}`;
}
