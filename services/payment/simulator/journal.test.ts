import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from './journal.ts';

test('a journal gives back its whole lines, and drops one that a crash cut off', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'journal-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'journal.jsonl');

  const first = await openJournal(path, () => assert.fail('nothing to replay'));
  const lines = Array.from({ length: 500 }, (_, n) => ({ n, text: 'ä'.repeat(n) }));
  await Promise.all(
    lines.map((line) => {
      first.append(line);
      return first.durable();
    }),
  );
  await first.close();
  await appendFile(path, '{"n":500,"tex');

  const replayed: unknown[] = [];
  const second = await openJournal(path, (line) => replayed.push(line));
  assert.deepEqual(replayed, lines);
  second.append({ n: 501 });
  await second.close();
  assert.match(await readFile(path, 'utf8'), /\n\{"n":501\}\n$/);
});
