import type { Verdict } from '../invariant.ts';
import { invariants } from '../registry.ts';
import type { Seeding } from '../testing/seeded-world.ts';
import { type Shop, soundShop } from '../testing/sound-shop.ts';
import { analyticsSabotages } from './of-analytics.ts';
import { eventSabotages } from './of-events.ts';
import { moneySabotages } from './of-money.ts';
import { orderSabotages } from './of-orders.ts';
import { stockSabotages } from './of-stock.ts';
import type { Sabotage } from './sabotage.ts';

/** Every way in which the checks are seen to fail. */
export const sabotages: readonly Sabotage[] = [
  ...stockSabotages,
  ...orderSabotages,
  ...moneySabotages,
  ...eventSabotages,
  ...analyticsSabotages,
];

/** The invariants that no sabotage breaks: their checks may be blind. */
export function untried(): string[] {
  const broken = new Set(sabotages.map(({ id }) => id));
  return invariants.filter(({ id }) => !broken.has(id)).map(({ id }) => id);
}

/** What an invariant's check says of a shop. Throws where there is no such invariant. */
export async function verdictOn(seeding: Seeding, id: string, shop: Shop): Promise<Verdict> {
  const invariant = invariants.find((each) => each.id === id);
  if (invariant === undefined) {
    throw new Error(`There is no invariant ${id}`);
  }
  return invariant.check(seeding.world(shop));
}

/** What a sabotage's invariant says of a sound shop after the damage, and whether it saw what was done. */
export async function trySabotage(
  seeding: Seeding,
  { id, damage, says }: Sabotage,
): Promise<{ readonly caught: boolean; readonly said: readonly string[] }> {
  const shop = soundShop();
  damage(shop);
  const verdict = await verdictOn(seeding, id, shop);
  const said = 'looked' in verdict ? verdict.counterexamples : [`not applicable: ${verdict.notApplicable}`];
  return { caught: 'looked' in verdict && says.test(said.join('\n')), said };
}
