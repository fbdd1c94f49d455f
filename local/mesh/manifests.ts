import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { keyOf, type Manifest, merged, parseManifests } from '../../mesh/manifest.ts';
import { writeAtomically, writeIfChanged } from '../files.ts';
import type { Stack } from '../stack.ts';

/** The mesh's resources as this stack has them: those of mesh/, with what an operator applied in their place or beside them. */
export function meshOf(stack: Stack): Manifest[] {
  return merged(shipped(stack), applied(stack));
}

/** Those of mesh/ alone. */
export function shipped({ root }: Stack): Manifest[] {
  return read(join(root, 'mesh'), '**/*.yaml');
}

/** What an operator applied. It stays after `down` and `up`. */
export function applied(stack: Stack): Manifest[] {
  return read(folderOf(stack), '*.yaml');
}

/** Puts resources in place of those with the same kind and name. Nothing changes before the supervisor is asked to look. */
export function apply(stack: Stack, manifests: readonly Manifest[]): void {
  for (const each of manifests) writeAtomically(pathOf(stack, each), stringify(each));
}

/** Takes back what was applied, so that mesh/ holds again; false when nothing of that kind and name was. */
export function takeBack(stack: Stack, which: Pick<Manifest, 'kind' | 'metadata'>): boolean {
  const there = applied(stack).some((each) => keyOf(each) === keyOf(which));
  rmSync(pathOf(stack, which), { force: true });
  return there;
}

/** Hands the mesh to istiod, a file a resource in the folder that it watches: destinations before what leads to them. */
export function publishMesh(folder: string, mesh: readonly Manifest[]): void {
  mkdirSync(folder, { recursive: true });
  const leadsLast = mesh.toSorted(
    (a, b) => Number(a.kind === 'VirtualService') - Number(b.kind === 'VirtualService'),
  );
  for (const each of leadsLast) writeIfChanged(join(folder, fileOf(each)), stringify(each));
  const named = new Set(mesh.map(fileOf));
  for (const file of globSync('*', { cwd: folder })) {
    if (!named.has(file)) rmSync(join(folder, file), { recursive: true });
  }
}

function folderOf({ state }: Stack): string {
  return join(state, 'mesh');
}

function pathOf(stack: Stack, which: Pick<Manifest, 'kind' | 'metadata'>): string {
  return join(folderOf(stack), fileOf(which));
}

function fileOf(which: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${keyOf(which).replace('/', '-')}.yaml`;
}

function read(folder: string, pattern: string): Manifest[] {
  return globSync(pattern, { cwd: folder })
    .sort()
    .flatMap((file) => parseManifests(readFileSync(join(folder, file), 'utf8'), file));
}
