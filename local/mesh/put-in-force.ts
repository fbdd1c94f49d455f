import { setTimeout as sleep } from 'node:timers/promises';
import { subsetCluster } from '../../gateway/envoy/mesh-routes.ts';
import { writeEdgeFiles } from '../parts/envoy.ts';
import { openSecrets } from '../secrets.ts';
import type { Stack } from '../stack.ts';
import { askStatus, command, until } from '../supervisor/client.ts';
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
  await writeEdgeFiles({ stack, secrets: openSecrets(stack.state) });
  await sleep(HEARD_MS);
  if ((await askStatus(stack))?.units.some(({ name, phase }) => name === 'envoy' && phase !== 'up'))
    throw new Error('The edge is not up; ./shopverse logs envoy says why.');
}
