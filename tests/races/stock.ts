import assert from 'node:assert/strict';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { Staff } from '../journeys/testing/staff.ts';

/** Waits until this much of the SKU is on hand and nothing of it is reserved, and fails with what there is instead. */
export async function assertStock({ stock }: Staff, sku: string, onHand: bigint): Promise<void> {
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  let found = { onHand: -1n, reserved: -1n };
  const expected = { onHand, reserved: 0n };
  await waitFor(
    'the stock to be settled',
    async () => {
      const { stocks } = await stock.getStock({ sku });
      found = {
        onHand: sum(stocks.map((each) => each.onHand)),
        reserved: sum(stocks.map((each) => each.reserved)),
      };
      return found.onHand === expected.onHand && found.reserved === expected.reserved;
    },
    60_000,
  ).catch(() => undefined);
  assert.deepEqual(found, expected);
}
