import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { assertAftermath } from './testing/aftermath.ts';
import { buy, watchUntil } from './testing/checkout.ts';
import { type Customer, newCustomer } from './testing/customers.ts';
import { openShop, type Staff } from './testing/staff.ts';
import { refusalOf, TRANSPORTS } from './testing/transports.ts';

const PRICE = 1_500n;
const TOTAL = 2n * PRICE + 499n;

for (const transport of TRANSPORTS) {
  suite(`cancelling over ${transport.name}`, { concurrency: 6 }, () => {
    let staff: Staff;
    before(async () => {
      staff = await openShop();
    });

    const buyTwo = async (card = 'pm_card_visa') => {
      const [sku, customer, coupon] = await Promise.all([
        staff.newProduct({ price: PRICE, onHand: 10 }),
        newCustomer(transport),
        staff.newCoupon(),
      ]);
      const order = await buy(customer, { lines: [{ sku, quantity: 2 }], card, coupon });
      return { customer, orderId: order.orderId };
    };
    const cancel = (customer: Customer, orderId: string, requestId = randomUUID()) =>
      customer.client(OrderService).cancelOrder({ requestId, orderId });

    test('at once, wherever the order is by then', async () => {
      const { customer, orderId } = await buyTwo();
      await cancel(customer, orderId);
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'CANCELLED');
      await assertUndone(staff, orderId);
    });

    test('STOCK_RESERVED, while the provider thinks about the card: nothing is charged after it', async () => {
      const { customer, orderId } = await buyTwo('pm_card_slow');
      await watchUntil(customer, orderId, Order_State.STOCK_RESERVED);
      await cancel(customer, orderId);
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'CANCELLED');
      await assertUndone(staff, orderId);
    });

    test('STOCK_RESERVED, while the card’s outcome is unknown', async () => {
      const { customer, orderId } = await buyTwo('pm_card_timeout_charged');
      await watchUntil(customer, orderId, Order_State.STOCK_RESERVED);
      await cancel(customer, orderId);
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'CANCELLED');
      await assertUndone(staff, orderId);
    });

    test('PAID, before anything has left: paid back, and cancelling again changes nothing', async () => {
      const { customer, orderId } = await buyTwo();
      await watchUntil(customer, orderId, Order_State.PAID);
      const requestId = randomUUID();
      await cancel(customer, orderId, requestId);
      await cancel(customer, orderId, requestId);
      await cancel(customer, orderId);
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'CANCELLED');
      const paid = TOTAL - (2n * PRICE) / 10n;
      await assertAftermath(staff, orderId, {
        order: 'CANCELLED CUSTOMER',
        reservation: 'RETURNED',
        stock: [10n, 0n],
        payment: `REFUNDED ${paid} ${paid}`,
        coupon: [0, 0],
      });
    });

    test('by the support', async () => {
      const { customer, orderId } = await buyTwo('pm_card_slow');
      await staff.orders.cancelOrder({ requestId: randomUUID(), orderId });
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'CANCELLED');
      await assertUndone(staff, orderId, 'STAFF');
    });

    test('after a part has left: refused, and the sale stands', async () => {
      const { customer, orderId } = await buyTwo();
      await watchUntil(customer, orderId, Order_State.PAID);
      const { order } = await staff.orders.getOrder({ orderId });
      await staff.shipping.createShipment({
        requestId: randomUUID(),
        orderId,
        lines: [{ sku: order?.lines[0]?.sku ?? '', quantity: 1 }],
        carrier: 'Parcel Post',
        trackingNumber: 'PP-1',
      });
      assert.equal(await refusalOf(cancel(customer, orderId)), 'FAILED_PRECONDITION ORDER_NOT_CANCELLABLE');
      await assertAftermath(staff, orderId, {
        order: 'PAID',
        reservation: 'COMMITTED',
        stock: [8n, 0n],
        payment: `CAPTURED ${TOTAL - (2n * PRICE) / 10n} 0`,
        coupon: [0, 1],
      });
    });

    test('S-13 another customer’s order: there is no such thing, and it goes on', async () => {
      const { customer, orderId } = await buyTwo();
      const stranger = (await newCustomer(transport)).client(OrderService);
      for (const attempt of [
        () => stranger.getOrder({ orderId }),
        () => stranger.cancelOrder({ requestId: randomUUID(), orderId }),
        () => stranger.getOrder({ orderId: randomUUID() }),
        () => stranger.watchOrder({ orderId, untilPaid: true })[Symbol.asyncIterator]().next(),
      ]) {
        assert.equal(await refusalOf(attempt()), 'NOT_FOUND ORDER_NOT_FOUND');
      }
      assert.equal((await watchUntil(customer, orderId, Order_State.PAID)).at(-1), 'PAID');
    });
  });
}

/** Nothing is held and nothing was taken, whichever step the cancellation met. */
async function assertUndone(staff: Staff, orderId: string, reason = 'CUSTOMER'): Promise<void> {
  await assertAftermath(staff, orderId, {
    order: `CANCELLED ${reason}`,
    reservation: /^(RELEASED|RETURNED|NONE)$/,
    stock: [10n, 0n],
    payment: /^(NONE|VOIDED 0 0|DECLINED 0 0|REFUNDED (\d+) \2)$/,
    coupon: [0, 0],
  });
}
