import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCanary } from '../../local/mesh/canary.ts';
import { apply, shipped, takeBack } from '../../local/mesh/manifests.ts';
import { putInForce } from '../../local/mesh/put-in-force.ts';
import { plannedInstances } from '../../local/plan.ts';
import { openSecrets } from '../../local/secrets.ts';
import { readWishes, wishInstances, wishVersion } from '../../local/services/wishes.ts';
import type { Stack } from '../../local/stack.ts';
import { command } from '../../local/supervisor/client.ts';
import { keyOf, type Manifest, parseManifests, virtualServices } from '../../mesh/manifest.ts';
import { openStage, type Stage } from '../chaos/stage.ts';

/** A running stack whose mesh may be changed, and is as it was afterwards. */
export type Scene = {
  readonly stack: Stack;
  readonly stage: Stage;
  /** Puts these into force for the length of the work. */
  under<T>(manifests: readonly Manifest[], work: () => Promise<T>): Promise<T>;
  /** The resources of one of tests/mesh/policies. */
  policy(name: string): Manifest[];
  /** Product's rules with this share, and those that ask for it, for v2. */
  canary(weight: number): Manifest;
  /** How many calls to list categories each of product's instances has served. */
  served(): Promise<ReadonlyMap<string, number>>;
  /** Runs so many instances of a service, the second of product as v2. */
  scale(service: string, count: number): Promise<void>;
  /** How many instances of it run. */
  instancesOf(service: string): number;
  /** Takes everything back. */
  close(): Promise<void>;
};

const PATIENCE_MS = 120_000;
const METHOD = 'rpc_method="shopverse.product.v1.ProductService/ListCategories"';

/** Takes hold of a stack, with product in two versions. */
export async function openScene(stack: Stack): Promise<Scene> {
  const stage = openStage(stack);
  const site = { stack, secrets: openSecrets(stack.state) };
  const before = readWishes(stack.state);
  const planned = (service: string) => plannedInstances(site).filter((each) => each.service === service);
  const scene: Scene = {
    stack,
    stage,
    policy: (name) => {
      const file = join(import.meta.dirname, 'policies', `${name}.yaml`);
      return parseManifests(readFileSync(file, 'utf8'), file);
    },
    canary: (weight) => {
      const base = virtualServices(shipped(stack)).find((each) => keyOf(each) === 'virtualservice/product');
      if (base === undefined) throw new Error('mesh/ has no VirtualService of product.');
      const header = { name: 'x-mesh-version', value: 'v2' };
      return withCanary(base, 'product', { from: 'v1', to: 'v2', weight, header });
    },
    async under(manifests, work) {
      apply(stack, manifests);
      try {
        await putInForce(stack);
        return await work();
      } finally {
        for (const each of manifests) takeBack(stack, each);
        await putInForce(stack);
      }
    },
    async served() {
      const counts = planned('product').map(async ({ instance, httpPort }) => {
        const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
        const lines = text
          .split('\n')
          .filter((line) => line.startsWith('rpc_server_call_duration_seconds_count'));
        const own = lines.filter((line) => line.includes(METHOD));
        return [instance, own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)] as const;
      });
      return new Map(await Promise.all(counts));
    },
    async scale(service, count) {
      wishInstances(stack.state, service, count);
      await command(stack, 'replan');
      if (!(await stage.allUp(PATIENCE_MS))) throw new Error(`${service} did not come to ${count}.`);
    },
    instancesOf: (service) => planned(service).length,
    async close() {
      wishInstances(stack.state, 'product', before.instances.product ?? 1);
      wishVersion(stack.state, 'product-2', before.versions?.['product-2'] ?? 'v1');
      await putInForce(stack);
      await stage.close();
    },
  };
  wishVersion(stack.state, 'product-2', 'v2');
  await scene.scale('product', 2);
  return scene;
}
