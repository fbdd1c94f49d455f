import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { LIMITS, limitServiceConfig, loosened } from '../../../gateway/envoy/rate-limits.ts';
import { writeIfChanged } from '../../files.ts';
import { isInstalled, placeOf } from '../../install/artefact.ts';
import { answers } from '../../supervisor/probes.ts';
import { limitFactor } from '../envoy.ts';
import type { Command, Part } from '../part.ts';
import { RATELIMIT, VERSION } from './build.ts';

/** The service's name among Redis's users, and what its keys begin with. */
export const RATELIMIT_USER = 'ratelimit';

/**
 * The count of calls that all Envoys share, in Redis. It is built in the background once a machine; until then, and
 * whenever it or Redis is away, each Envoy counts for itself.
 */
export const ratelimit: Part = {
  name: 'ratelimit',
  units: ({ stack, secrets }) => {
    if (!isInstalled(stack.cache, RATELIMIT)) return [];
    const home = join(stack.state, 'ratelimit');
    const { ratelimitGrpc, ratelimitHttp, ratelimitDebug } = stack.ports;
    return [
      {
        name: 'ratelimit',
        version: VERSION.split('-')[0] ?? VERSION,
        port: ratelimitGrpc,
        needs: ['redis'],
        command: limitCommand({
          file: join(placeOf(stack.cache, RATELIMIT), 'ratelimit'),
          home,
          ports: { grpc: ratelimitGrpc, http: ratelimitHttp, debug: ratelimitDebug },
          redis: { port: stack.ports.redis, auth: `${RATELIMIT_USER}:${secrets(`redis/${RATELIMIT_USER}`)}` },
        }),
        prepare: async () => {
          const config = join(home, 'config');
          mkdirSync(config, { recursive: true });
          const limits = limitServiceConfig(loosened(LIMITS, limitFactor()));
          writeIfChanged(join(config, 'edge.yaml'), stringify(limits));
        },
        ready: () => answers(`http://127.0.0.1:${ratelimitHttp}/healthcheck`),
      },
    ];
  },
};

/** How the program is run, with its limits in `home`/config. */
export function limitCommand(of: {
  readonly file: string;
  readonly home: string;
  readonly ports: { readonly grpc: number; readonly http: number; readonly debug: number };
  readonly redis: { readonly port: number; readonly auth: string };
}): Command {
  return {
    file: of.file,
    args: [],
    cwd: of.home,
    env: {
      RUNTIME_ROOT: of.home,
      RUNTIME_SUBDIRECTORY: '.',
      RUNTIME_APPDIRECTORY: 'config',
      RUNTIME_WATCH_ROOT: 'false',
      HOST: '127.0.0.1',
      PORT: String(of.ports.http),
      GRPC_HOST: '127.0.0.1',
      GRPC_PORT: String(of.ports.grpc),
      DEBUG_HOST: '127.0.0.1',
      DEBUG_PORT: String(of.ports.debug),
      REDIS_SOCKET_TYPE: 'tcp',
      REDIS_URL: `127.0.0.1:${of.redis.port}`,
      REDIS_AUTH: of.redis.auth,
      REDIS_POOL_SIZE: '4',
      CACHE_KEY_PREFIX: `${RATELIMIT_USER}:`,
      USE_STATSD: 'false',
      LOG_LEVEL: 'warn',
      GOMEMLIMIT: '48MiB',
    },
  };
}
