import { parseArgs } from 'node:util';
import { allActs, type Seen } from '../../../tests/mesh/acts.ts';
import { openScene } from '../../../tests/mesh/scene.ts';
import { say } from '../../install/progress.ts';
import { ensurePeople } from '../../shop/accounts.ts';
import type { Stack } from '../../stack.ts';
import { renderTable } from '../../table.ts';

export const summary =
  'changes the mesh under load, at the edge and between services, and breaks it: what was to be, and which calls failed';
export const usage = '[--calls N] [--load-ms N] [--json] [WORD ...]';

/** Plays every act whose name has one of the words, or all. Leaves the mesh as it was. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      calls: { type: 'string', default: '1000' },
      'load-ms': { type: 'string', default: '5000' },
      json: { type: 'boolean' },
    },
  });
  await ensurePeople(stack);
  const scene = await openScene(stack);
  const seen: Seen[] = [];
  try {
    const size = { calls: Number(values.calls), loadMs: Number(values['load-ms']) };
    for (const act of allActs(size)) {
      if (positionals.length > 0 && !positionals.some((word) => act.name.includes(word))) continue;
      say(`  ${act.name} …`);
      const outcome = await act.play(scene);
      seen.push(...outcome);
      for (const { act: what, way, calls, failed, told, held } of outcome)
        say(
          `    ${what}, called by ${way}: ${calls} calls, ${failed} failed, ${held ? told : `NOT SO: ${told}`}`,
        );
    }
  } finally {
    await scene.close();
  }
  const broken = seen.filter(({ held }) => !held);
  if (values.json) {
    console.log(JSON.stringify({ seen, broken: broken.length }));
  } else {
    const rows = seen.map(({ act, way, calls, failed, told, held }) => [
      act,
      way,
      String(calls),
      String(failed),
      held ? 'as it must be' : 'NOT SO',
      told,
    ]);
    console.log(renderTable([['WHAT', 'CALLED BY', 'CALLS', 'FAILED', 'VERDICT', 'SEEN'], ...rows]));
  }
  return broken.length === 0 && seen.length > 0 ? 0 : 1;
}
