import { parseArgs } from 'node:util';
import { invariants } from '../../../tests/invariants/registry.ts';
import { sabotages, trySabotage, untried } from '../../../tests/invariants/sabotage/catalogue.ts';
import { openSeeding } from '../../../tests/invariants/testing/seeded-world.ts';
import type { Stack } from '../../stack.ts';
import { renderTable } from '../../table.ts';

export const summary = 'breaks each invariant on purpose, in made-up data, and shows that `check` sees it';
export const usage = '[--json] [I-02 ...]';

/** Lays temporary tables over the stack's own, so that the checks' queries meet the real schema; changes nothing. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const wanted = sabotages.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const seeding = openSeeding(stack.state);
  const results: { id: string; seeded: string; caught: boolean; said: string }[] = [];
  try {
    for (const sabotage of wanted) {
      const { caught, said } = await trySabotage(seeding, sabotage);
      results.push({ id: sabotage.id, seeded: sabotage.what, caught, said: said[0] ?? 'nothing' });
    }
  } finally {
    await seeding.close();
  }
  const missed = results.filter(({ caught }) => !caught).length;
  const blind = positionals.length === 0 ? untried() : [];
  if (values.json) {
    console.log(JSON.stringify({ results, missed, untried: blind }));
  } else {
    const rows = results.map(({ id, seeded, caught, said }) => [
      id,
      seeded,
      caught ? 'caught' : 'MISSED',
      shortened(said),
    ]);
    console.log(renderTable([['INVARIANT', 'SEEDED FAULT', 'CAUGHT', 'AS'], ...rows]));
    console.log(
      `\n${results.length} faults seeded in ${new Set(results.map(({ id }) => id)).size} of ${invariants.length} invariants, ${missed} missed.`,
    );
    for (const id of blind) console.log(`${id} was never seen to fail.`);
  }
  return missed === 0 && blind.length === 0 && results.length > 0 ? 0 : 1;
}

function shortened(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
