import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { Order_State } from '#gen/shopverse/order/v1/order_pb.ts';
import { assertAftermath, type Expected } from './testing/aftermath.ts';
import { AWKWARD_CARDS } from './testing/awkward-cards.ts';
import { buy, fillCart, type Purchase, place, stateName, watchUntil } from './testing/checkout.ts';
import { newCustomer } from './testing/customers.ts';
import { openShop, type Staff } from './testing/staff.ts';
import { TRANSPORTS } from './testing/transports.ts';

const PRICE = 1_000n;
const FEE = 499n;
const QUANTITY = 3;
const TOTAL = 3n * PRICE + FEE;
const WITH_COUPON = 3n * PRICE - 300n + FEE;

/** What is in the shop before the purchase, what is bought, and what must have become of it. */
type Edge = {
  readonly name: string;
  readonly onHand: number;
  readonly card?: string;
  readonly coupon?: boolean;
  /** How the order is seen by who watches it until it is settled. Leaps are allowed, steps back and others aren't. */
  readonly path: readonly string[];
  readonly aftermath: Expected;
};

const sold = (payment: string): Expected => ({
  order: 'PAID',
  reservation: 'COMMITTED',
  stock: [7n, 0n],
  payment,
});
const undone = (reason: string, payment: string, reservation = 'RELEASED'): Expected => ({
  order: `CANCELLED ${reason}`,
  reservation,
  stock: [10n, 0n],
  payment,
});
const PAID = ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID'];
const UNDONE = ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'CANCELLING', 'CANCELLED'];

const EDGES: readonly Edge[] = [
  {
    name: 'no stock',
    onHand: 2,
    path: ['PLACED', 'REJECTED'],
    aftermath: {
      order: 'REJECTED OUT_OF_STOCK',
      reservation: 'REJECTED',
      stock: [2n, 0n],
      payment: 'NONE',
    },
  },
  {
    name: 'no stock, coupon to give back',
    onHand: 2,
    coupon: true,
    path: UNDONE,
    aftermath: {
      order: 'CANCELLED OUT_OF_STOCK',
      reservation: /^(REJECTED|RELEASED)$/,
      stock: [2n, 0n],
      payment: 'NONE',
      coupon: [0, 0],
    },
  },
  {
    name: 'a coupon that is redeemed',
    onHand: 10,
    coupon: true,
    path: PAID,
    aftermath: { ...sold(`CAPTURED ${WITH_COUPON} 0`), coupon: [0, 1] },
  },
  ...['pm_card_declined', 'pm_card_insufficient_funds', 'pm_card_that_is_none'].map((card) => ({
    name: card,
    onHand: 10,
    card,
    path: UNDONE,
    aftermath: undone('PAYMENT_DECLINED', 'DECLINED 0 0'),
  })),
  {
    name: 'a declined card, and the coupon comes back',
    onHand: 10,
    card: 'pm_card_declined',
    coupon: true,
    path: UNDONE,
    aftermath: { ...undone('PAYMENT_DECLINED', 'DECLINED 0 0'), coupon: [0, 0] },
  },
  {
    name: 'F-27 pm_card_timeout_lost: no answer, and nothing was held',
    onHand: 10,
    card: 'pm_card_timeout_lost',
    path: UNDONE,
    // Both the order and the payment give up at the same deadline; either may be the first to say so.
    aftermath: {
      ...undone('', ''),
      order: /^CANCELLED PAYMENT_(DECLINED|TIMEOUT)$/,
      payment: /^(DECLINED|VOIDED) 0 0$/,
    },
  },
  {
    name: 'pm_card_capture_fails',
    onHand: 10,
    card: 'pm_card_capture_fails',
    path: UNDONE,
    aftermath: undone('CAPTURE_FAILED', 'VOIDED 0 0', 'RETURNED'),
  },
  ...AWKWARD_CARDS.map((card) => ({
    name: `F-27 ${card}: charged once`,
    onHand: 10,
    card,
    path: PAID,
    aftermath: sold(`CAPTURED ${TOTAL} 0`),
  })),
];

for (const transport of TRANSPORTS) {
  suite(`the saga's edges over ${transport.name}`, { concurrency: 6 }, () => {
    let staff: Staff;
    before(async () => {
      staff = await openShop();
    });

    /** A customer and what they are about to buy. */
    const prepare = async (of: {
      onHand: number;
      coupon?: boolean | undefined;
      card?: string | undefined;
    }) => {
      const [sku, customer] = await Promise.all([
        staff.newProduct({ price: PRICE, onHand: of.onHand }),
        newCustomer(transport),
      ]);
      const purchase: Purchase = {
        lines: [{ sku, quantity: QUANTITY }],
        ...(of.coupon && { coupon: await staff.newCoupon() }),
        ...(of.card !== undefined && { card: of.card }),
      };
      return { customer, purchase };
    };

    for (const edge of EDGES) {
      test(edge.name, async () => {
        const { customer, purchase } = await prepare(edge);
        const order = await buy(customer, purchase);
        assert.equal(stateName(order), 'PLACED');
        const last = edge.path.at(-1) === 'PAID' ? Order_State.PAID : undefined;
        assertPath(await watchUntil(customer, order.orderId, last), edge.path);
        await assertAftermath(staff, order.orderId, edge.aftermath);
      });
    }

    test('I-27 a coupon that another order has: undone, and it stays the other’s', async () => {
      const { customer, purchase } = await prepare({ onHand: 10, coupon: true });
      const other = await newCustomer(transport);
      const [mine, theirs] = await Promise.all([fillCart(customer, purchase), fillCart(other, purchase)]);
      const first = await place(other, theirs);
      await watchUntil(other, first.orderId, Order_State.PAID);
      const second = await place(customer, mine);
      await watchUntil(customer, second.orderId, undefined);
      await assertAftermath(staff, second.orderId, {
        order: 'CANCELLED COUPON_UNAVAILABLE',
        reservation: 'RELEASED',
        stock: [7n, 0n],
        payment: 'NONE',
        coupon: [0, 1],
      });
      await assertAftermath(staff, first.orderId, {
        ...sold(`CAPTURED ${WITH_COUPON} 0`),
        coupon: [0, 1],
      });
    });
  });
}

/** The states seen are some of the path's, in its order, and end with its end. */
function assertPath(seen: readonly string[], path: readonly string[]): void {
  const places = seen.map((state) => path.indexOf(state));
  assert.ok(
    places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1)),
    `${seen} is no way along ${path}`,
  );
  assert.equal(seen.at(-1), path.at(-1));
}
