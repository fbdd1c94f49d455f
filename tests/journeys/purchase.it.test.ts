import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { Movement_Kind } from '#gen/shopverse/inventory/v1/inventory_pb.ts';
import { Order_State, Order_StateSchema } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { LedgerEntry_Account } from '#gen/shopverse/payment/v1/payment_pb.ts';
import { assertAftermath, paymentOf } from './testing/aftermath.ts';
import { place, stateName, watchUntil, whenOnSale } from './testing/checkout.ts';
import { newCustomer } from './testing/customers.ts';
import { openShop, type Staff } from './testing/staff.ts';
import { traceOf, unrooted } from './testing/traces.ts';
import { TRANSPORTS } from './testing/transports.ts';

const PRICES = [1_250n, 399n] as const;
const FEE = 499n;

for (const transport of TRANSPORTS) {
  suite(`a purchase over ${transport.name}`, () => {
    let staff: Staff;
    before(async () => {
      staff = await openShop();
    });

    test('from the guest’s cart to the last delivery, and everybody’s books agree', async () => {
      const [apples, pears] = await Promise.all(
        PRICES.map((price) => staff.newProduct({ price, onHand: 20 })),
      );
      assert.ok(apples && pears);
      const coupon = await staff.newCoupon();

      // A guest fills a cart; a repeated click adds once.
      const guestId = randomUUID();
      const guests = transport.client(CartService, { guestId });
      const click = { requestId: randomUUID(), sku: apples, quantity: 2 };
      await whenOnSale(() => guests.addItem(click));
      const repeated = await guests.addItem(click);
      assert.deepEqual(quantities(repeated.cart), { [apples]: 2 });

      // They register, log in, and find what they had; merging again adds nothing.
      const customer = await newCustomer(transport);
      const carts = customer.client(CartService);
      const merge = () => carts.mergeGuestCart({ requestId: randomUUID(), guestId });
      await merge();
      assert.deepEqual(quantities((await merge()).cart), { [apples]: 2 });
      assert.deepEqual(quantities((await guests.getCart({})).cart), {});
      await whenOnSale(() => carts.addItem({ requestId: randomUUID(), sku: pears, quantity: 3 }));
      const { cart } = await carts.applyCoupon({ requestId: randomUUID(), code: coupon });
      const subtotal = 2n * PRICES[0] + 3n * PRICES[1];
      assert.equal(cart?.subtotal?.minorUnits, subtotal);
      assert.equal(cart?.discount?.minorUnits, subtotal / 10n);

      // One durable write answers PLACED, with the server's prices.
      const total = subtotal - subtotal / 10n + FEE;
      const order = await place(customer, cart?.cartId ?? '', {
        expectedTotal: { currencyCode: 'USD', minorUnits: total },
      });
      assert.equal(stateName(order), 'PLACED');
      assert.equal(order.total?.minorUnits, total, 'I-17');
      const { orderId } = order;
      const seen = await watchUntil(customer, orderId, Order_State.PAID);
      assert.equal(seen.at(-1), 'PAID');

      // The warehouse sends it in two parcels; what is still here can't be delivered.
      const first = await ship(staff, orderId, [{ sku: apples, quantity: 2 }]);
      const second = await ship(staff, orderId, []);
      const underWay = await staff.shipping.confirmDelivery({
        requestId: randomUUID(),
        orderId,
        shipmentId: first,
      });
      assert.equal(stateName(underWay.order), 'PAID');
      const arrived = await staff.shipping.confirmDelivery({
        requestId: randomUUID(),
        orderId,
        shipmentId: second,
      });
      assert.equal(stateName(arrived.order), 'FULFILLED');
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'FULFILLED');

      await assertAftermath(staff, orderId, {
        order: 'FULFILLED',
        reservation: 'COMMITTED',
        stock: [18n, 0n],
        payment: `CAPTURED ${total} 0`,
        coupon: [0, 1],
      });
      const settled = (await customer.client(OrderService).getOrder({ orderId })).order;
      assert.deepEqual(
        settled?.history.map(({ state }) => Order_StateSchema.value[state]?.localName),
        ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID', 'FULFILLED'],
      );
      assert.deepEqual(settled?.pendingSteps, []);
      assert.equal(settled?.shipments.length, 2);

      // I-01, I-07: each SKU was sold once, by one movement of the order.
      for (const [sku, quantity] of [
        [apples, 2n],
        [pears, 3n],
      ] as const) {
        const { movements } = await staff.stock.listMovements({ sku });
        const sales = movements.filter(({ kind }) => kind === Movement_Kind.SALE);
        assert.deepEqual(
          sales.map((sale) => [sale.orderId, sale.quantity]),
          [[orderId, -quantity]],
        );
      }
      // The revenue in the ledger is the order's total.
      const payment = await paymentOf(staff, orderId);
      const { entries } = await staff.payments.listLedgerEntries({ paymentId: payment?.paymentId ?? '' });
      const revenue = entries.filter(({ account }) => account === LedgerEntry_Account.REVENUE);
      assert.equal(
        revenue.reduce((sum, { amount }) => sum + (amount?.minorUnits ?? 0n), 0n),
        -total,
      );

      // What was bought has left the cart, and the coupon with it.
      await whenOnSale(async () => {
        const left = (await carts.getCart({})).cart;
        return left?.lines.length === 0 && left.couponCode === '';
      });

      // One tree, from the edge over every hop of Kafka.
      const spans = await traceOf(orderId, ['edge', 'order', 'inventory', 'payment', 'cart']);
      const [root, ...others] = unrooted(spans);
      assert.equal(root?.localEndpoint?.serviceName, 'edge');
      assert.deepEqual(others, [], 'every other span hangs on one of the tree');
      assert.ok(spans.some(({ kind }) => kind === 'CONSUMER'));
    });
  });
}

async function ship(
  staff: Staff,
  orderId: string,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
): Promise<string> {
  const { shipmentId } = await staff.shipping.createShipment({
    requestId: randomUUID(),
    orderId,
    lines: [...lines],
    carrier: 'Parcel Post',
    trackingNumber: `PP-${randomUUID().slice(0, 8)}`,
  });
  return shipmentId;
}

function quantities(
  cart: { readonly lines: readonly { readonly sku: string; readonly quantity: number }[] } | undefined,
): Record<string, number> {
  return Object.fromEntries(cart?.lines.map(({ sku, quantity }) => [sku, quantity]) ?? []);
}
