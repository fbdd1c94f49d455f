import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../install/artefact.ts';
import { takeLock } from '../../install/lock.ts';
import { run } from '../../install/run.ts';
import { openStack } from '../../stack.ts';
import { findGo } from '../istiod/build.ts';
import type { Artefact } from '../part.ts';

/** The module's version. */
export const VERSION = 'v1.4.1-0.20260122083618-3fb702589d36';

/** envoyproxy/ratelimit, built from its Go module: half a minute on an idle machine, once. */
export const RATELIMIT: Artefact = {
  name: `ratelimit-${VERSION}`,
  title: `envoyproxy/ratelimit ${VERSION}`,
  make: build,
};

async function build(folder: string): Promise<void> {
  const work = join(folder, 'build');
  const env = {
    GOCACHE: join(work, 'cache'),
    GOMODCACHE: join(work, 'modules'),
    GOBIN: join(work, 'bin'),
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'auto',
  };
  const module = `github.com/envoyproxy/ratelimit/src/service_cmd@${VERSION}`;
  await run(await findGo(work), ['install', '-trimpath', '-ldflags', '-s -w', module], {
    cwd: folder,
    env,
    nice: 19,
  });
  renameSync(join(work, 'bin', 'service_cmd'), join(folder, 'ratelimit'));
  await run('rm', ['-rf', work]);
}

if (import.meta.main) {
  const { cache } = openStack();
  if (takeLock(join(cache, `${RATELIMIT.name}.building`))) await install(cache, RATELIMIT);
}
