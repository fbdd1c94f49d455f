import { join } from 'node:path';
import { install } from '../../install/artefact.ts';
import { takeLock } from '../../install/lock.ts';
import { openStack } from '../../stack.ts';
import { goProgram } from '../go/go-program.ts';

/** The module's version. */
export const VERSION = 'v1.4.1-0.20260122083618-3fb702589d36';

/** envoyproxy/ratelimit: half a minute on an idle machine, once. */
export const RATELIMIT = goProgram({
  name: 'ratelimit',
  title: 'envoyproxy/ratelimit',
  path: 'github.com/envoyproxy/ratelimit/src/service_cmd',
  version: VERSION,
});

if (import.meta.main) {
  const { cache } = openStack();
  if (takeLock(join(cache, `${RATELIMIT.name}.building`))) await install(cache, RATELIMIT);
}
