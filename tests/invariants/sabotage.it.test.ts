import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { invariants } from './registry.ts';
import { sabotages, trySabotage, untried, verdictOn } from './sabotage/catalogue.ts';
import { deadLetterOf } from './sabotage/of-events.ts';
import { openSeeding, type Seeding } from './testing/seeded-world.ts';
import { soundShop } from './testing/sound-shop.ts';

let seeding: Seeding;
before(() => {
  seeding = openSeeding(process.env.SHOPVERSE_STATE ?? '.shopverse');
});
after(() => seeding.close());

test('every invariant is seen to fail by at least one sabotage', () => {
  assert.deepEqual(untried(), []);
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
    const verdict = await verdictOn(seeding, id, shop);
    assert.ok('looked' in verdict, `${id} is not applicable: ${JSON.stringify(verdict)}`);
    assert.deepEqual(verdict.counterexamples, [], id);
  }
});

for (const sabotage of sabotages) {
  test(`${sabotage.id} is seen to fail when ${sabotage.what}`, async () => {
    const { caught, said } = await trySabotage(seeding, sabotage);
    assert.ok(caught, `it said: ${said.join('\n')}`);
  });
}
