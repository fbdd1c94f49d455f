import { parseArgs } from 'node:util';
import { renderFindings } from '../../tests/invariants/report.ts';
import { runChecks } from '../../tests/invariants/run-checks.ts';
import { say } from '../install/progress.ts';
import type { Stack } from '../stack.ts';

export const summary = 'reads databases, Kafka and ClickHouse from outside, and tells which invariants hold';
export const usage = '[--json] [--no-wait] [I-02 I-23 ...]';

const patienceMs = 120_000;

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, 'no-wait': { type: 'boolean' } },
  });
  const findings = await runChecks({
    state: stack.state,
    patienceMs: values['no-wait'] ? 0 : patienceMs,
    only: positionals,
    say,
  });
  console.log(values.json ? JSON.stringify(findings, undefined, 2) : renderFindings(findings));
  return findings.some(({ verdict }) => verdict === 'violated') ? 1 : 0;
}
