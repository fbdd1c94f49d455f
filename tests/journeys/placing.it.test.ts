import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { Fulfilment_Method, Order_State, SalesChannel } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { assertAftermath } from './testing/aftermath.ts';
import { DELIVERY, fillCart, PATIENCE_MS, place, watchUntil } from './testing/checkout.ts';
import { newCustomer } from './testing/customers.ts';
import { openShop, type Staff } from './testing/staff.ts';
import { refusalOf, TRANSPORTS } from './testing/transports.ts';

const PRICE = 700n;
const TOTAL = PRICE + 499n;
const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });

for (const transport of TRANSPORTS) {
  suite(`placing over ${transport.name}`, { concurrency: 6 }, () => {
    let staff: Staff;
    before(async () => {
      staff = await openShop();
    });

    const withCart = async () => {
      const [sku, customer] = await Promise.all([
        staff.newProduct({ price: PRICE, onHand: 10 }),
        newCustomer(transport),
      ]);
      const cartId = await fillCart(customer, { lines: [{ sku, quantity: 1 }] });
      return { sku, customer, cartId };
    };

    test('I-10 I-11 twenty clicks with one request id are one order', async () => {
      const { customer, cartId, sku } = await withCart();
      const requestId = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => place(customer, cartId, { requestId })),
      );
      const ids = new Set(answers.map(({ orderId }) => orderId));
      assert.equal(ids.size, 1);
      const orders = customer.client(OrderService);
      assert.equal((await orders.listOrders({})).orders.length, 1);
      assert.equal(
        await refusalOf(place(customer, cartId, { requestId, paymentMethodToken: 'pm_card_amex' })),
        'ALREADY_EXISTS IDEMPOTENCY_KEY_REUSED',
      );
      const [orderId = ''] = ids;
      await watchUntil(customer, orderId, Order_State.PAID);
      await assertAftermath(staff, orderId, {
        order: 'PAID',
        stock: [9n, 0n],
        payment: `CAPTURED ${TOTAL} 0`,
      });
      assert.equal((await staff.stock.getStock({ sku })).stocks[0]?.onHand, 9n);
    });

    test('S-19 a price that has changed since the customer saw it', async () => {
      const { customer, cartId, sku } = await withCart();
      const seen = usd(TOTAL);
      await staff.products.setPrice({ sku, price: usd(PRICE + 100n) });
      const carts = customer.client(CartService);
      await waitFor(
        'the cart to know the new price',
        async () => (await carts.getCart({})).cart?.total?.minorUnits === PRICE + 100n,
        PATIENCE_MS,
      );
      const refused = await refusalOf(place(customer, cartId, { expectedTotal: seen }));
      assert.equal(refused, 'FAILED_PRECONDITION PRICE_CHANGED');
      const order = await place(customer, cartId, { expectedTotal: usd(TOTAL + 100n) });
      assert.equal(order.total?.minorUnits, TOTAL + 100n);
    });

    test('an item that has gone off sale', async () => {
      const { customer, cartId } = await withCart();
      const carts = customer.client(CartService);
      const { cart } = await carts.getCart({});
      await staff.products.archiveProduct({ productId: cart?.lines[0]?.productId ?? '' });
      await waitFor(
        'the cart to know that it is off sale',
        async () => (await carts.getCart({})).cart?.lines[0]?.unavailable,
        PATIENCE_MS,
      );
      assert.equal(await refusalOf(place(customer, cartId)), 'FAILED_PRECONDITION ITEM_UNAVAILABLE');
    });

    test('an empty cart, no cart, and another’s cart', async () => {
      const [{ customer, cartId }, stranger] = await Promise.all([withCart(), newCustomer(transport)]);
      for (const id of [cartId, randomUUID()]) {
        const refused = await refusalOf(place(stranger, id));
        assert.equal(refused, await refusalOf(place(stranger, randomUUID())), 'S-14');
        assert.match(refused, /^NOT_FOUND/);
      }
      await customer.client(CartService).clearCart({ requestId: randomUUID() });
      assert.equal(await refusalOf(place(customer, cartId)), 'FAILED_PRECONDITION CART_EMPTY');
    });

    test('S-19 only a till quotes prices, and its sale is done at the counter', async () => {
      const { customer, sku } = await withCart();
      const quoted = {
        requestId: randomUUID(),
        source: {
          case: 'quotedBasket' as const,
          value: {
            userId: customer.userId,
            lines: [{ sku, title: 'At the till', quantity: 2, unitPrice: usd(PRICE), discount: usd(50n) }],
          },
        },
        paymentMethodToken: 'pm_card_visa',
        fulfilment: { method: Fulfilment_Method.COUNTER },
      };
      const own = customer.client(OrderService);
      assert.equal(await refusalOf(own.placeOrder(quoted)), 'PERMISSION_DENIED QUOTE_NOT_ALLOWED');
      const { order } = await staff.till.placeOrder({ ...quoted, requestId: randomUUID() });
      assert.equal(order?.salesChannel, SalesChannel.TILL);
      const orderId = order?.orderId ?? '';
      assert.equal((await watchUntil(customer, orderId, undefined)).at(-1), 'FULFILLED');
      await assertAftermath(staff, orderId, {
        order: 'FULFILLED',
        reservation: 'COMMITTED',
        stock: [8n, 0n],
        payment: `CAPTURED ${2n * PRICE - 50n} 0`,
      });
    });

    test('S-18 S-09 what no order can be made from', async () => {
      const { customer, cartId, sku } = await withCart();
      const carts = customer.client(CartService);
      for (const quantity of [0, 10_001, 2 ** 31 - 1]) {
        const refused = await refusalOf(carts.addItem({ requestId: randomUUID(), sku, quantity }));
        assert.equal(refused, 'INVALID_ARGUMENT INVALID_REQUEST', String(quantity));
      }
      const nobody = transport.client(OrderService);
      const anonymous = nobody.placeOrder({
        requestId: randomUUID(),
        source: { case: 'cartId', value: cartId },
        paymentMethodToken: 'pm_card_visa',
        fulfilment: DELIVERY,
      });
      assert.match(await refusalOf(anonymous), /^UNAUTHENTICATED/);
      const euros = { currencyCode: 'EUR', minorUnits: TOTAL };
      assert.match(
        await refusalOf(place(customer, cartId, { expectedTotal: euros })),
        /^(FAILED_PRECONDITION PRICE_CHANGED|INVALID_ARGUMENT)/,
      );
    });
  });
}
