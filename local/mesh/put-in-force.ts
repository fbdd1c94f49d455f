import { setTimeout as sleep } from 'node:timers/promises';
import { subsetCluster } from '../../gateway/envoy/mesh-routes.ts';
import { writeEdgeFiles } from '../parts/envoy.ts';
import { openSecrets } from '../secrets.ts';
import type { Stack } from '../stack.ts';
import { command, until } from '../supervisor/client.ts';
import { answers } from '../supervisor/probes.ts';
import { edgePolicies, ledTo } from './edge-policy.ts';
import { meshOf } from './manifests.ts';

const PATIENCE_MS = 20_000;
/** How long istiod and its clients take to hear of a file. */
const HEARD_MS = 1_000;

/**
 * Has the stack follow the mesh as it is now in the files: istiod and the edge's clusters first, then, when Envoy knows
 * them, its routes. No call fails of it. Throws a sentence when Envoy doesn't take it.
 */
export async function putInForce(stack: Stack): Promise<void> {
  await command(stack, 'replan');
  const mesh = meshOf(stack);
  const wanted = [...edgePolicies(mesh, ledTo(mesh))].flatMap(([service, { subsets }]) =>
    subsets.map(({ name }) => subsetCluster(service, name)),
  );
  const clusters = `http://127.0.0.1:${stack.ports.envoyAdmin}/clusters?format=json`;
  const known = (text: string) => wanted.every((name) => text.includes(`"${name}"`));
  if (!(await until(PATIENCE_MS, () => answers(clusters, known))))
    throw new Error(`The edge does not know ${wanted.join(', ')} after ${PATIENCE_MS / 1_000} s.`);
  await takenByEdge(stack, () => writeEdgeFiles({ stack, secrets: openSecrets(stack.state) }));
  await sleep(HEARD_MS);
}

/** What Envoy counts of files that it has read again, by what they hold. */
const COUNTERS = { routes: 'http.edge.rds.edge', listeners: 'listener_manager.lds' } as const;

type Taken = Readonly<Record<keyof typeof COUNTERS, { success: number; rejected: number }>>;

/** Waits until Envoy has taken over what was written. Throws a sentence when it refuses, or is not there. */
async function takenByEdge(
  stack: Stack,
  write: () => Promise<Readonly<Record<keyof typeof COUNTERS, boolean>>>,
): Promise<void> {
  const before = await takenSoFar(stack);
  const written = await write();
  const changed = (Object.keys(COUNTERS) as (keyof typeof COUNTERS)[]).filter((what) => written[what]);
  const moved = async (how: 'success' | 'rejected') => {
    const now = await takenSoFar(stack);
    return changed.map((what) => now[what][how] > before[what][how]);
  };
  const done = await until(PATIENCE_MS, async () => {
    if ((await moved('rejected')).includes(true))
      throw new Error('The edge refuses this; ./shopverse logs envoy says why. What it had before holds.');
    return (await moved('success')).every(Boolean);
  });
  if (!done)
    throw new Error(
      `The edge has not taken it after ${PATIENCE_MS / 1_000} s; ./shopverse logs envoy says why.`,
    );
}

async function takenSoFar(stack: Stack): Promise<Taken> {
  const url = `http://127.0.0.1:${stack.ports.envoyAdmin}/stats?filter=(rds|lds).*update_(success|rejected)`;
  const lines = (await (await fetch(url)).text()).split('\n');
  const count = (name: string) =>
    Number(lines.find((line) => line.startsWith(`${name}: `))?.split(' ')[1] ?? 0);
  const both = (prefix: string) => ({
    success: count(`${prefix}.update_success`),
    rejected: count(`${prefix}.update_rejected`),
  });
  return { routes: both(COUNTERS.routes), listeners: both(COUNTERS.listeners) };
}
