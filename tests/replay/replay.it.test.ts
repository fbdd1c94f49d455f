import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '#platform/testing/wait-for.ts';
import { shopverse } from '../faults/shopverse.ts';
import { behind, consumerPlaces, topicEnds, waitForQuiet } from '../invariants/quiet.ts';
import { openWorld, type World } from '../invariants/world/world.ts';
import { openShop } from '../journeys/testing/staff.ts';
import { buy, settled } from '../races/buyers.ts';
import { openDatabase, type ServiceDatabase, stateHash } from './databases.ts';

/** Whoever takes facts in, each with all that it knows. */
const SERVICES = (process.env.REPLAY_SERVICES ?? 'order inventory payment cart').split(' ');
/** The longest topic is the catalogue's, with a fact a product and a change of stock each. */
const CAUGHT_UP_MS = 480_000;

const databases = new Map<string, ServiceDatabase>();
let world: World;

before(async () => {
  world = await openWorld(process.env.SHOPVERSE_STATE ?? '.shopverse');
  for (const service of SERVICES) databases.set(service, await openDatabase(service));
});
after(async () => {
  await Promise.all([world.close(), ...[...databases.values()].map((database) => database.close())]);
});

async function hashes(): Promise<Record<string, Readonly<Record<string, string>>>> {
  const found: Record<string, Readonly<Record<string, string>>> = {};
  for (const [service, database] of databases) found[service] = await stateHash(database);
  return found;
}

test('F-18 I-32 every topic replayed from its start into the live consumers changes no state', {
  timeout: 590_000,
}, async (t) => {
  const staff = await openShop();
  const sku = await staff.newProduct({ price: 500n, onHand: 9 });
  const bought = await Promise.all([1, 2, 3].map(() => buy(staff, { sku, price: 500n })));
  for (const { orderId } of bought) await settled(staff, orderId);
  const unrest = await waitForQuiet(world, 120_000, () => undefined);
  assert.deepEqual([...unrest.moving, ...unrest.unsettled], []);

  const before = await hashes();
  let replayed = 0n;
  for (const [service, database] of databases) {
    const places = await database.rows<{ next: string }>(
      'with old as (select * from consumer_offset) update consumer_offset set next_offset = 0 from old where old.consumer = consumer_offset.consumer and old.topic = consumer_offset.topic and old.partition = consumer_offset.partition returning old.next_offset::text as next',
    );
    replayed += places.reduce((sum, { next }) => sum + BigInt(next), 0n);
    // A consumer asks where it is when it is given its partitions: when its process starts.
    const killed = await shopverse('kill', service);
    assert.equal(killed.code, 0, killed.stderr);
  }
  assert.ok(replayed > 0n);
  await waitFor(
    'every consumer to be through its topics again',
    async () => behind(await consumerPlaces(world, await topicEnds(world))).length === 0,
    CAUGHT_UP_MS,
  );
  await waitForQuiet(world, 120_000, () => undefined);
  t.diagnostic(`${replayed} deliveries repeated`);
  assert.deepEqual(await hashes(), before);
});
