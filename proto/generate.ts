import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { authorization } from '../mesh/authorization.ts';
import { traffic } from '../mesh/traffic.ts';
import { buf, describedContracts, root } from './buf.ts';
import { eventsPage } from './docs/events-page.ts';
import { openApi } from './docs/openapi.ts';
import { subscriptionsIn } from './docs/readers.ts';
import { rpcsPage } from './docs/rpcs-page.ts';
import { streamReaders } from './docs/stream-readers.ts';

/**
 * `npm run gen`: writes gen/, and the pages and policies made from the contracts. With `--check` it writes nothing, and ends with 1 and
 * a sentence for each file that is out of date.
 */
function main(): void {
  if (!process.argv.includes('--check')) {
    buf(['generate']);
    for (const [path, text] of pages()) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return;
  }
  const stale = [...staleCode(), ...stalePages()];
  for (const path of stale)
    console.error(`${path} is not what the contracts make; run \`npm run gen\` and commit it.`);
  if (stale.length > 0) process.exitCode = 1;
}

function pages(): [path: string, text: string][] {
  const contracts = describedContracts();
  const sources = globSync('services/*/{consumers.ts,consumers/**/*.ts}', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .sort();
  const services = sources.flatMap((path) =>
    subscriptionsIn(path.split('/')[1] ?? '', readFileSync(join(root, path), 'utf8')),
  );
  return [
    ['docs/events.md', eventsPage(contracts, { services, streams: streamReaders })],
    ['docs/rpcs.md', rpcsPage(contracts)],
    ['docs/openapi.json', openApi(contracts)],
    ...authorization(contracts),
    ...traffic(contracts),
  ];
}

function stalePages(): string[] {
  return pages().flatMap(([path, text]) => (read(join(root, path)) === text ? [] : [path]));
}

function staleCode(): string[] {
  const fresh = mkdtempSync(join(tmpdir(), 'gen-'));
  try {
    buf(['generate', '-o', fresh]);
    const paths = new Set([...filesUnder(join(root, 'gen')), ...filesUnder(join(fresh, 'gen'))]);
    return [...paths]
      .filter((path) => read(join(root, 'gen', path)) !== read(join(fresh, 'gen', path)))
      .map((path) => `gen/${path}`)
      .sort();
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function filesUnder(folder: string): string[] {
  return globSync('**/*.*', { cwd: folder });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

main();
