import { parseArgs } from 'node:util';
import { unwritten } from '../services/catalogue.ts';
import type { Stack } from '../stack.ts';
import { askStatus, type SupervisorStatus } from '../supervisor/client.ts';
import { leftovers } from '../supervisor/leftovers.ts';
import type { Phase } from '../supervisor/machine.ts';
import { renderTable } from '../table.ts';

export const summary = 'each part: up, degraded or down, with port, memory, version, restarts';
export const usage = '[--json]';

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const status = await askStatus(stack, 'memory');
  if (values.json) {
    console.log(JSON.stringify(status ?? { mode: 'static', units: [], leftovers: leftovers(stack.state) }));
  } else if (status) {
    console.log(render(status, unwritten(stack.root)));
  } else {
    const alive = leftovers(stack.state);
    console.log(
      `The supervisor is not running. ./shopverse up starts it${alive.length ? ' and takes over:' : '.'}`,
    );
    for (const name of alive) console.log(`  ${name}`);
  }
  return status?.units.every((unit) => unit.phase === 'up') ? 0 : 1;
}

/** How people call it. */
export function condition(phase: Phase): 'up' | 'degraded' | 'down' {
  if (phase === 'up') return 'up';
  return phase === 'degraded' || phase === 'draining' ? 'degraded' : 'down';
}

function render(status: SupervisorStatus, missing: readonly string[]): string {
  const head = ['', 'PART', 'STATE', 'PORT', 'MEMORY', 'VERSION', 'RESTARTS', 'WHY'];
  const rows = status.units.map((unit) => {
    const state = condition(unit.phase);
    const mark = state === 'up' ? '●' : state === 'degraded' ? '◐' : '○';
    const phase = state === 'up' ? 'up' : `${state} (${unit.phase})`;
    const memory = unit.memory === 0 ? '-' : `${(unit.memory / 2 ** 20).toFixed(0)} MB`;
    return [
      mark,
      unit.name,
      phase,
      String(unit.port),
      memory,
      unit.version,
      String(unit.restarts),
      unit.reason,
    ];
  });
  const absent = missing.map((name) => ['·', name, 'not built', '-', '-', '-', '-', '']);
  const lines = [renderTable([head, ...rows, ...absent])];
  const total = status.units.reduce((sum, unit) => sum + unit.memory, 0);
  const names =
    status.mode === 'xds'
      ? 'Names resolve through istiod (xDS).'
      : 'Names resolve from discovery.json, until istiod is built and running.';
  return [...lines, '', `${(total / 2 ** 20).toFixed(0)} MB in all. ${names}`].join('\n');
}
