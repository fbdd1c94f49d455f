import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MESH_PREFIX } from '#platform/client/mesh-headers.ts';
import {
  keyOf,
  type Manifest,
  parseManifests,
  type VirtualService,
  virtualServices,
} from '../../mesh/manifest.ts';
import { say, withProgress } from '../install/progress.ts';
import { withCanary } from '../mesh/canary.ts';
import { complaints } from '../mesh/check.ts';
import { applied, apply, meshOf, shipped, takeBack } from '../mesh/manifests.ts';
import { putInForce } from '../mesh/put-in-force.ts';
import { plannedInstances } from '../plan.ts';
import { openSecrets } from '../secrets.ts';
import { wishVersion } from '../services/wishes.ts';
import type { Stack } from '../stack.ts';
import { askStatus, until } from '../supervisor/client.ts';
import { renderTable } from '../table.ts';

export const summary =
  'how calls are led: shows it, applies Istio’s resources, splits calls between versions';
export const usage =
  '[apply FILE... | delete KIND/NAME... | version INSTANCE VERSION | canary SERVICE [--to v2] [--weight N] [--header] [--off] | reload]';

const VERSION_MS = 90_000;
const CANARY_HEADER = `${MESH_PREFIX}version`;

export async function run([word, ...args]: string[], stack: Stack): Promise<number> {
  switch (word) {
    case undefined:
      return show(stack);
    case 'apply':
      return put(
        stack,
        args.flatMap((file) => parseManifests(readFileSync(file, 'utf8'), file)),
      );
    case 'delete':
      return drop(stack, args);
    case 'version':
      return version(stack, args);
    case 'canary':
      return canary(stack, args);
    case 'reload':
      await withProgress('The edge reads its listener and routes again', () => putInForce(stack));
      return 0;
    default:
      throw new Error(`mesh knows no "${word}": ${usage}`);
  }
}

async function show(stack: Stack): Promise<number> {
  const instances = plannedInstances({ stack, secrets: openSecrets(stack.state) });
  const byService = Map.groupBy(instances, ({ service }) => service);
  const rows = [...byService].map(([service, own]) => [
    service,
    own.map(({ instance, version: label }) => `${instance} ${label}`).join(', '),
  ]);
  console.log(renderTable([['SERVICE', 'INSTANCES'], ...rows]));
  const changes = applied(stack);
  console.log(
    changes.length === 0 ? '\nAs in mesh/.' : `\nApplied over mesh/: ${changes.map(keyOf).join(', ')}`,
  );
  return 0;
}

async function put(stack: Stack, manifests: readonly Manifest[]): Promise<number> {
  if (manifests.length === 0) throw new Error('Name files with Istio’s resources.');
  const wrong = await complaints(meshOf(stack), manifests);
  if (wrong.length > 0) throw new Error(wrong.join('\n  '));
  apply(stack, manifests);
  await withProgress(`Applying ${manifests.map(keyOf).join(', ')}`, () => putInForce(stack));
  for (const each of manifests) say(`  ${keyOf(each)} holds.`);
  return 0;
}

async function drop(stack: Stack, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) throw new Error('Name what to take back, such as virtualservice/order.');
  for (const key of keys) {
    const [kind = '', name = ''] = key.split('/');
    if (!takeBack(stack, { kind, metadata: { name } }))
      throw new Error(`${key} was not applied; ./shopverse mesh lists what was.`);
  }
  await withProgress(`Taking back ${keys.join(', ')}`, () => putInForce(stack));
  return 0;
}

async function version(stack: Stack, [instance = '', label = '']: readonly string[]): Promise<number> {
  const known = plannedInstances({ stack, secrets: openSecrets(stack.state) });
  if (!known.some((each) => each.instance === instance))
    throw new Error(`There is no ${instance}; ./shopverse scale makes more instances.`);
  const before = await pidOf(stack, instance);
  wishVersion(stack.state, instance, label);
  await putInForce(stack);
  const done = await withProgress(`Running ${instance} as ${label}`, () =>
    until(VERSION_MS, async () => {
      const unit = (await askStatus(stack))?.units.find(({ name }) => name === instance);
      const same = known.find((each) => each.instance === instance)?.version === label;
      return unit?.phase === 'up' && (same || unit.pid !== before);
    }),
  );
  if (!done) throw new Error(`${instance} is not up; ./shopverse logs ${instance} says why.`);
  say(`  ${instance} is ${label}.`);
  return 0;
}

async function canary(stack: Stack, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      from: { type: 'string', default: 'v1' },
      to: { type: 'string', default: 'v2' },
      weight: { type: 'string', default: '0' },
      header: { type: 'boolean' },
      off: { type: 'boolean' },
    },
  });
  const [service = ''] = positionals;
  if (values.off) return drop(stack, [`virtualservice/${service}`]);
  const weight = Number(values.weight);
  if (!(weight >= 0 && weight <= 100))
    throw new Error(`The weight is a share out of 100, not ${values.weight}.`);
  const instances = plannedInstances({ stack, secrets: openSecrets(stack.state) });
  for (const label of [values.from, values.to]) {
    if (!instances.some((each) => each.service === service && each.version === label))
      throw new Error(
        `${service} has no instance that is ${label}: ./shopverse scale ${service} 2; ./shopverse mesh version ${service}-2 ${label}`,
      );
  }
  const header = values.header ? { header: { name: CANARY_HEADER, value: values.to } } : {};
  const { from, to } = values;
  return put(stack, [withCanary(baseOf(stack, service), service, { from, to, weight, ...header })]);
}

/** The service's rules as mesh/ has them: a canary doesn't build on another. */
function baseOf(stack: Stack, service: string): VirtualService {
  const key = `virtualservice/${service}`;
  const found = virtualServices(shipped(stack)).find((each) => keyOf(each) === key);
  if (found === undefined) throw new Error(`mesh/ has no VirtualService ${service}.`);
  return found;
}

async function pidOf(stack: Stack, instance: string): Promise<number | undefined> {
  return (await askStatus(stack))?.units.find(({ name }) => name === instance)?.pid;
}
