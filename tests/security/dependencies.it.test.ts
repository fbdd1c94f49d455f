import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

function npm(cwd: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile('npm', args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      done({ code, stdout, stderr });
    });
  });
}

/** Whether what package.json asks for is what the lockfile says, without asking any registry. */
const locked = (cwd: string) =>
  npm(cwd, 'ci', '--dry-run', '--offline', '--ignore-scripts', '--no-audit', '--no-fund');

test('S-68 the lockfile says what package.json asks for, and what is installed is what it says', async () => {
  const agreed = await locked(root);
  assert.equal(agreed.code, 0, agreed.stderr);
  const installed = await npm(root, 'ls', '--all');
  assert.equal(installed.code, 0, installed.stderr);
});

test('S-68 a lockfile that has drifted is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drifted-'));
  try {
    const asked = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    asked.dependencies.kysely = '0.0.1';
    writeFileSync(join(folder, 'package.json'), JSON.stringify(asked));
    copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
    const drifted = await locked(folder);
    assert.notEqual(drifted.code, 0);
    assert.match(drifted.stderr, /kysely/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('S-68 every package is pinned to a version, and to the bytes that it had', () => {
  const lock: {
    packages: Record<string, { integrity?: string; optional?: boolean }>;
  } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const asked = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const ranges = Object.entries({ ...asked.dependencies, ...asked.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
  );
  assert.deepEqual(ranges, []);
  const loose = Object.entries(lock.packages)
    // The tools' programs for other systems than this are named without one, where the registry has none of them.
    .filter(([path, { integrity, optional }]) => path !== '' && !(optional && integrity === undefined))
    .filter(([, { integrity = '' }]) => !/^sha512-/.test(integrity))
    .map(([path]) => path);
  assert.deepEqual(loose, []);
});

test('S-68 no package has an advisory that is high or critical', async (t) => {
  const { stdout, stderr } = await npm(root, 'audit', '--json');
  const report = JSON.parse(stdout || '{}');
  if (report.metadata?.vulnerabilities === undefined) {
    t.skip(`The registry that is configured here answers no audits: ${report.message ?? stderr.trim()}`);
    return;
  }
  const { high, critical } = report.metadata.vulnerabilities;
  assert.deepEqual(
    { high, critical },
    { high: 0, critical: 0 },
    JSON.stringify(report.vulnerabilities, null, 1),
  );
});
