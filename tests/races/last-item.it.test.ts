import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { openShop, type Staff } from '../journeys/testing/staff.ts';
import { atOnce, buy, settled } from './buyers.ts';
import { assertStock } from './stock.ts';

/** `./shopverse prove races` sets them; without it a tenth of the crowd comes, once. */
const BUYERS = Number(process.env.RACES_BUYERS ?? 200);
const TIMES = Number(process.env.RACES_TIMES ?? 1);
const UNITS = BUYERS / 20;
const AT_ONCE = 250;
const PRICE = 999n;

let staff: Staff;
before(async () => {
  staff = await openShop();
});

for (let time = 1; time <= TIMES; time += 1) {
  test(`I-05 the last items, time ${time}: ${BUYERS} buyers at once want ${UNITS} units, and exactly these are sold`, {
    timeout: 590_000,
  }, async () => {
    const sku = await staff.newProduct({ price: PRICE, onHand: UNITS });
    const buyers = Array.from({ length: BUYERS }, (_, index) => index);
    const orders = await atOnce(buyers, AT_ONCE, async () => {
      const { orderId } = await buy(staff, { sku, price: PRICE });
      return orderId;
    });
    assert.equal(new Set(orders).size, BUYERS, 'every buyer has an order of their own');
    const ended = await atOnce(orders, 50, (orderId) => settled(staff, orderId));
    const states = Map.groupBy(ended, ({ state }) => state);
    const count = (state: Order_State) => states.get(state)?.length ?? 0;
    assert.deepEqual(
      { sold: count(Order_State.FULFILLED), rejected: count(Order_State.REJECTED) },
      { sold: UNITS, rejected: BUYERS - UNITS },
    );
    await assertStock(staff, sku, 0n);
  });
}
