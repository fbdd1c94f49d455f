import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeIfChanged } from '../files.ts';
import type { Stack } from '../stack.ts';
import { writtenServices } from './catalogue.ts';

const SHARED = ['package-lock.json', '{platform,gen}/**/*.ts'];

/**
 * Notes what code each service consists of now. It is part of what a service is started with, so that `up` starts those
 * anew that have changed; between two `up`s nothing is restarted by an edit.
 */
export function noteSources(stack: Stack): void {
  const shared = hashOf(stack.root, SHARED);
  const sources = writtenServices(stack.root).map(({ name, main }) => {
    const folder = main.split('/').slice(0, 2).join('/');
    return [name, hashOf(stack.root, [join(folder, '**/*.ts')], shared)];
  });
  writeIfChanged(pathIn(stack), JSON.stringify(Object.fromEntries(sources)));
}

/** A hash of the code that a service consists of, as last noted. */
export function sourcesOf(stack: Stack, service: string): string {
  return JSON.parse(readIfThere(pathIn(stack)) ?? '{}')[service] ?? '';
}

function hashOf(root: string, patterns: readonly string[], start = ''): string {
  const files = globSync(patterns, { cwd: root }).filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  const hash = createHash('sha256').update(start);
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

function pathIn(stack: Stack): string {
  return join(stack.state, 'sources.json');
}
