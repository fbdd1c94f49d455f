import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from './run.ts';

/** Copies a Maven project's runtime jars into a folder. `-C`: a jar whose checksum is wrong fails the build. */
export async function fetchJars(pom: string, folder: string): Promise<void> {
  await run('mvn', [
    ...['-q', '-B', '-C', '-f', pom, 'dependency:copy-dependencies'],
    ...['-DincludeScope=runtime', `-DoutputDirectory=${folder}`],
  ]);
}

/** Installs one npm package of an exact version under `folder/node_modules`; npm verifies its integrity. */
export async function fetchNpm(name: string, version: string, folder: string): Promise<string> {
  await run('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--prefix',
    folder,
    `${name}@${version}`,
  ]);
  return join(folder, 'node_modules', name);
}

/** Installs one wheel of an exact version and hash into a virtual environment in `folder`. */
export async function fetchWheel(
  name: string,
  version: string,
  sha256: string,
  folder: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${name}==${version} --hash=sha256:${sha256}\n`);
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  const pip = join(folder, 'venv/bin/pip');
  await run(pip, [
    'install',
    '--quiet',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '-r',
    requirements,
  ]);
}

/** Throws unless the file has that hash. */
export async function verify(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new Error(`${path} is not what was expected: its sha256 is ${found}, not ${sha256}.`);
  }
}
