import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artefact } from '../parts/part.ts';
import { install, isInstalled, placeOf } from './artefact.ts';
import { verify } from './fetch.ts';
import { takeLock } from './lock.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'shopverse-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

function artefact(make: Artefact['make']): Artefact {
  return { name: 'thing-1', title: 'a thing', make };
}
const good = artefact(async (folder) => writeFileSync(join(folder, 'file'), 'whole'));

test('an artefact appears whole', async () => {
  await install(cache, good);
  assert.equal(readFileSync(join(placeOf(cache, good), 'file'), 'utf8'), 'whole');
});

test('one that could not be made leaves nothing, and the next attempt succeeds', async () => {
  const bad = artefact(async (folder) => {
    writeFileSync(join(folder, 'file'), 'half');
    throw new Error('the network went away');
  });
  await assert.rejects(install(cache, bad), /the network went away/);
  assert.deepEqual(readdirSync(cache), []);
  await install(cache, good);
  assert.ok(isInstalled(cache, good));
});

test('what a killed installation left is swept away', async () => {
  mkdirSync(join(cache, '.thing-1-abc123'));
  const deadHolder = JSON.stringify({ pid: process.pid, startTime: 'before the last boot' });
  writeFileSync(join(cache, 'thing-1.lock'), deadHolder);
  await install(cache, good);
  assert.deepEqual(readdirSync(cache), ['thing-1']);
});

test('two at once make it once', async () => {
  let made = 0;
  const slow = artefact(async (folder) => {
    made += 1;
    await sleep(300);
    writeFileSync(join(folder, 'file'), 'whole');
  });
  await Promise.all([install(cache, slow), install(cache, slow)]);
  assert.equal(made, 1);
});

test('a lock that a living process holds is not taken', () => {
  const path = join(cache, 'a.lock');
  assert.equal(takeLock(path), true);
  assert.equal(takeLock(path), false);
  assert.ok(existsSync(path));
});

test('a file that is not what was expected is refused', async () => {
  const path = join(cache, 'file');
  writeFileSync(path, 'tampered with');
  await assert.rejects(verify(path, '0'.repeat(64)), /is not what was expected/);
});
