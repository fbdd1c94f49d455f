import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Verdict } from './invariant.ts';
import { invariants } from './registry.ts';
import { analyticsSabotages } from './sabotage/of-analytics.ts';
import { deadLetterOf, eventSabotages } from './sabotage/of-events.ts';
import { moneySabotages } from './sabotage/of-money.ts';
import { orderSabotages } from './sabotage/of-orders.ts';
import { stockSabotages } from './sabotage/of-stock.ts';
import { openSeeding, type Seeding } from './testing/seeded-world.ts';
import { type Shop, soundShop } from './testing/sound-shop.ts';

const sabotages = [
  ...stockSabotages,
  ...orderSabotages,
  ...moneySabotages,
  ...eventSabotages,
  ...analyticsSabotages,
];

let seeding: Seeding;
before(() => {
  seeding = openSeeding();
});
after(() => seeding.close());

test('every invariant is seen to fail by at least one sabotage', () => {
  const broken = new Set(sabotages.map(({ id }) => id));
  assert.deepEqual(
    invariants.filter(({ id }) => !broken.has(id)).map(({ id }) => id),
    [],
  );
});

test('in a sound shop every invariant holds, and none for want of something to look at', async () => {
  const shop = soundShop();
  shop.deadLetters.push(deadLetterOf(shop));
  shop.databases.payment?.outbox?.push({
    ...shop.databases.payment.outbox[0],
    topic: 'shopverse.order.v1.dlq',
    aggregate_id: `shopverse.payment.checkout/shopverse.order.v1/${shop.records[0]?.partition}/0`,
  });
  for (const { id } of invariants) {
    const verdict = await verdictOn(id, shop);
    assert.ok('looked' in verdict, `${id} is not applicable: ${JSON.stringify(verdict)}`);
    assert.deepEqual(verdict.counterexamples, [], id);
  }
});

for (const { id, what, damage, says } of sabotages) {
  test(`${id} is seen to fail when ${what}`, async () => {
    const shop = soundShop();
    damage(shop);
    const verdict = await verdictOn(id, shop);
    assert.ok('looked' in verdict, JSON.stringify(verdict));
    assert.match(verdict.counterexamples.join('\n'), says);
  });
}

async function verdictOn(id: string, shop: Shop): Promise<Verdict> {
  const invariant = invariants.find((each) => each.id === id);
  assert.ok(invariant !== undefined, `there is no ${id}`);
  return invariant.check(seeding.world(shop));
}
