import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runTests } from 'node:test';
import { parseArgs } from 'node:util';
import { attempts, idsIn } from '../../../tests/security/attempts.ts';
import type { Stack } from '../../stack.ts';
import { renderTable } from '../../table.ts';

export const summary =
  'tries every attack that has a test, through the edge and from inside, and prints what came of it';
export const usage = '[--json] [S-15 ...]';

const FILES = '{services,platform,gateway,tests,local,mesh}/**/*.test.ts';
/** One file may take so long on a loaded machine. */
const PATIENCE_MS = 10 * 60_000;

type Seen = { passed: number; failed: string[] };

/** Runs the tests that carry an attempt's id on the running stack, which they use and do not break. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const wanted = attempts.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const ids = new Set(wanted.map(({ id }) => id));
  const files = globSync(FILES, { cwd: stack.root })
    .filter((path) => idsIn(readFileSync(join(stack.root, path), 'utf8')).some((id) => ids.has(id)))
    .map((path) => join(stack.root, path))
    .sort();
  const seen = await attack(files, ids, stack);
  const rows = wanted.map(({ id, attempt, expected }) => {
    const { passed, failed } = seen.get(id) ?? { passed: 0, failed: [] };
    const outcome =
      failed.length > 0 ? `NOT SO: ${failed[0]}` : passed > 0 ? `as expected, ${passed} tests` : 'no test';
    return { id, attempt, expected, seen: outcome, held: failed.length === 0 && passed > 0 };
  });
  const open = rows.filter(({ held }) => !held);
  if (values.json) {
    console.log(JSON.stringify({ attempts: rows, open: open.map(({ id }) => id) }));
  } else {
    const cells = rows.map((row) => [row.id, row.attempt, row.expected, row.seen]);
    console.log(renderTable([['ID', 'ATTEMPT', 'EXPECTED', 'SEEN'], ...cells]));
    console.log(`\n${rows.length} attempts, ${rows.length - open.length} failed as they must.`);
  }
  return open.length === 0 ? 0 : 1;
}

/** What became of the tests of each id. */
function attack(
  files: readonly string[],
  ids: ReadonlySet<string>,
  stack: Stack,
): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  process.env.SHOPVERSE_STATE = stack.state;
  return new Promise((resolve, reject) => {
    const stream = runTests({
      files: [...files],
      cwd: stack.root,
      concurrency: 1,
      // A test that failed half-way may leave something open, which would keep its file for ever.
      execArgv: ['--test-force-exit'],
      timeout: PATIENCE_MS,
      testNamePatterns: [new RegExp(`(${[...ids].join('|')})\\b`)],
    });
    const note = (name: string, passed: boolean) => {
      for (const id of idsIn(name)) {
        const known = seen.get(id) ?? { passed: 0, failed: [] };
        if (passed) known.passed += 1;
        else known.failed.push(name);
        seen.set(id, known);
      }
    };
    stream.on('test:pass', ({ name, skip }) => {
      if (skip === undefined) note(name, true);
    });
    stream.on('test:fail', ({ name }) => note(name, false));
    stream.on('error', reject);
    stream.on('end', () => resolve(seen));
    stream.resume();
  });
}
