import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../install/artefact.ts';
import { takeLock } from '../../install/lock.ts';
import { run } from '../../install/run.ts';
import { openStack } from '../../stack.ts';
import { findGo, goEnvironment } from '../go/go-program.ts';
import type { Artefact } from '../part.ts';

const MODULE = 'istio.io/istio@v0.0.0-20260827124520-eed52ebb66ad';
/** istiod's version, as it reports it itself. */
export const VERSION = '1.31-eed52ebb66ad';

/** istiod, built from its Go module with a guard against there being no Kubernetes: five minutes, once a machine. */
export const ISTIOD: Artefact = { name: `istiod-${VERSION}`, title: `istiod ${VERSION}`, make: build };

async function build(folder: string): Promise<void> {
  const work = join(folder, 'build');
  // Its own caches grow to gigabytes, and are gone when the binary is there.
  const env = { ...goEnvironment(work), GOFLAGS: '-mod=mod -modcacherw' };
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

if (import.meta.main) {
  const { cache } = openStack();
  if (takeLock(join(cache, `${ISTIOD.name}.building`))) await install(cache, ISTIOD);
}
