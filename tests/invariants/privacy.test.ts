import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addressesInLogs } from './privacy.ts';
import { addressesIn } from './world/personal.ts';

const known = new Set(['ada@example.org']);

test('I-42 an address is found whatever stands beside it, and in any case', () => {
  for (const text of [
    'ada@example.org',
    '"Ada@Example.ORG"',
    'xada@example.orgy',
    '\x0fada@example.org2\x01z',
  ]) {
    assert.deepEqual(addressesIn(Buffer.from(text), known), ['ada@example.org'], text);
  }
});

test('I-42 holds for other addresses, and for what is no address', () => {
  for (const text of ['bob@example.org', 'ada', 'a@b', '', 'example.org@ada']) {
    assert.deepEqual(addressesIn(Buffer.from(text), known), [], text);
  }
  assert.deepEqual(addressesIn(null, known), []);
});

test('I-42 is seen to fail in a log, by file and line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shopverse-logs-'));
  try {
    writeFileSync(join(folder, 'user-1.log'), '{"msg":"fine"}\n{"msg":"mail to ada@example.org"}\n');
    assert.deepEqual(await addressesInLogs(folder, known), {
      lines: 2,
      found: ["user-1.log:2 holds a user's e-mail address"],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
