import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '#platform/db/database.ts';
import type { CartTables } from '../../services/cart/adapters/tables.ts';
import { createWriter } from '../../services/cart/adapters/writer.ts';
import { migrations as cartMigrations } from '../../services/cart/migrations/all.ts';
import type { CartWriter, StoredCart } from '../../services/cart/ports.ts';
import { asOnlyWriter } from '../../services/inventory/adapters/one-writer.ts';
import { reservationsIn } from '../../services/inventory/adapters/reservations.ts';
import type { Tables } from '../../services/inventory/adapters/tables.ts';
import type { Shelf } from '../../services/inventory/domain/shelf.ts';
import { migrations as inventoryMigrations } from '../../services/inventory/migrations/all.ts';
import { reserveStock } from '../../services/inventory/usecases/reserve-stock.ts';
import { settleReservation } from '../../services/inventory/usecases/settle-reservation.ts';
import * as orders from '../../services/order/adapters/order-store.ts';
import type { OrderTables } from '../../services/order/adapters/tables.ts';
import { place, stateFacts } from '../../services/order/domain/order.ts';
import { migrations as orderMigrations } from '../../services/order/migrations/all.ts';
import { held, LATER, NOW, type Noting, noting, onPostgres, TIMEOUT, uuid, watched } from './both.ts';
import { inMemory } from './in-memory.ts';
import * as memoryCart from './memory/cart/writer.ts';
import { statement } from './memory/connection.ts';
import * as memoryOneWriter from './memory/inventory/one-writer.ts';
import * as memoryReservations from './memory/inventory/reservations.ts';
import * as memoryOrders from './memory/order/order-store.ts';

// The doubles that the simulation puts in the place of the services' own statements, beside those statements: the same
// sentences on both. The kernel's doubles have theirs in conformance.it.test.ts.

type Stock = Noting<Tables> & {
  readonly reservationsIn: typeof reservationsIn;
  readonly asOnlyWriter: typeof asOnlyWriter;
  fill(shelves: readonly Shelf[]): Promise<void>;
};

function stock(name: string, body: (stock: Stock) => Promise<void>): void {
  test(`inventory, in memory: ${name}`, TIMEOUT, () =>
    inMemory<Tables>('inventory', (database) =>
      body({
        ...noting(database),
        ...memoryReservations,
        ...memoryOneWriter,
        fill: (shelves) =>
          database.transaction((tx) =>
            statement(tx.db, async (memory) => {
              for (const shelf of shelves) {
                await memory.insert('stock', memoryReservations.shelfKey(shelf), shelf);
              }
            }),
          ),
      }),
    ),
  );
  test(`inventory, on Postgres: ${name}`, TIMEOUT, () =>
    onPostgres<Tables>('inventory', inventoryMigrations, (database) =>
      body({
        ...noting(database),
        reservationsIn,
        asOnlyWriter,
        fill: (shelves) =>
          database.transaction(async ({ db }) => {
            for (const { sku, locationId, priority, onHand, reserved, restockThreshold } of shelves) {
              await sql`insert into location values (${locationId}, ${locationId}, ${priority}, now())
                on conflict do nothing`.execute(db);
              await sql`insert into stock values
                (${sku}, ${locationId}, ${onHand}, ${reserved}, ${restockThreshold}, now())`.execute(db);
            }
          }),
      }),
    ),
  );
}

const shelf = (sku: string, onHand: number, locationId = 'main', priority = 1): Shelf => ({
  ...{ sku, locationId, priority, onHand },
  ...{ reserved: 0, restockThreshold: 0 },
});
const ids = { uuid: () => uuidv7() };
const lines = (...skus: readonly [sku: string, quantity: number][]) =>
  skus.map(([sku, quantity]) => ({ sku, quantity }));

/** What the stock and the order's reservation are now, as the port tells them. */
function told({ database, reservationsIn: reservations }: Stock, order: number, skus: readonly string[]) {
  return database.transaction(async (tx) => {
    const inside = reservations(tx, ids, NOW);
    const { reservation } = await inside.lockOf(uuid(order));
    const { shelves } = await inside.lockFor(uuid(999), skus);
    return {
      state: reservation?.state,
      sequence: reservation?.sequence,
      lines: reservation?.lines,
      figures: shelves.map(({ sku, locationId, onHand, reserved }) => [sku, locationId, onHand, reserved]),
    };
  });
}

stock('all that an order wants is reserved, lowest priority first, or nothing', async (its) => {
  await its.fill([shelf('a', 3, 'main', 1), shelf('a', 5, 'far', 2), shelf('b', 1)]);
  const reserve = (order: number, wants: readonly { sku: string; quantity: number }[]) =>
    its.database.transaction((tx) =>
      reserveStock(its.reservationsIn(tx, ids, NOW), { orderId: uuid(order), lines: wants }, LATER),
    );
  await reserve(1, lines(['a', 4], ['b', 1]));
  const after = await told(its, 1, ['b', 'a']);
  assert.equal(after.state, 'ACTIVE');
  assert.equal(after.sequence, 1);
  assert.deepEqual(
    new Set(after.lines?.map(({ sku, locationId, quantity }) => `${sku}@${locationId}=${quantity}`)),
    new Set(['a@far=1', 'a@main=3', 'b@main=1']),
  );
  assert.deepEqual(after.figures, [
    ['a', 'far', 5, 1],
    ['a', 'main', 3, 3],
    ['b', 'main', 1, 1],
  ]);
  await reserve(2, lines(['a', 1], ['b', 1]));
  assert.deepEqual(await told(its, 2, ['b', 'a']), { ...after, state: 'REJECTED', lines: [] });
});

stock('a sale happens once, and a cancelled order gives back what was sold', async (its) => {
  await its.fill([shelf('a', 3)]);
  const settle = (how: 'commit' | 'cancel' | 'expire') =>
    its.database.transaction((tx) => settleReservation(its.reservationsIn(tx, ids, NOW), uuid(1), how, NOW));
  await its.database.transaction((tx) =>
    reserveStock(its.reservationsIn(tx, ids, NOW), { orderId: uuid(1), lines: lines(['a', 2]) }, LATER),
  );
  await settle('expire');
  assert.equal((await told(its, 1, ['a'])).state, 'ACTIVE');
  await settle('commit');
  await settle('commit');
  assert.deepEqual((await told(its, 1, ['a'])).figures, [['a', 'main', 1, 0]]);
  await settle('cancel');
  await settle('cancel');
  const after = await told(its, 1, ['a']);
  assert.deepEqual([after.state, after.figures], ['RETURNED', [['a', 'main', 3, 0]]]);
  assert.deepEqual(
    its.stated.filter((type) => type.includes('.Stock')),
    ['StockReserved', 'StockCommitted', 'StockReturned'].map((fact) => `shopverse.inventory.v1.${fact}`),
  );
});

stock(
  'what is rolled back was never reserved, and what is overdue is told, the oldest first',
  async (its) => {
    await its.fill([shelf('a', 9)]);
    const reserve = (tx: Tx<Tables>, order: number, until: Date) =>
      reserveStock(its.reservationsIn(tx, ids, NOW), { orderId: uuid(order), lines: lines(['a', 1]) }, until);
    const stopped = its.database.transaction(async (tx) => {
      await reserve(tx, 1, LATER);
      throw new Error('stop');
    });
    await assert.rejects(stopped, /stop/);
    assert.deepEqual((await told(its, 1, ['a'])).figures, [['a', 'main', 9, 0]]);
    for (const [order, minutes] of [
      [2, 3],
      [3, 1],
      [4, 2],
      [5, 60],
    ] as const) {
      await its.database.transaction((tx) => reserve(tx, order, new Date(NOW.getTime() + minutes * 60_000)));
    }
    const due = (limit: number) =>
      its.database.transaction((tx) => its.reservationsIn(tx, ids, NOW).due(LATER, limit));
    assert.deepEqual(await due(9), [uuid(3), uuid(4), uuid(2)]);
    assert.deepEqual(await due(2), [uuid(3), uuid(4)]);
  },
);

stock('who decides upon a shelf is waited for, and so is the only writer', async (its) => {
  await its.fill([shelf('a', 1)]);
  const first = await held(its.database, (tx) =>
    reserveStock(its.reservationsIn(tx, ids, NOW), { orderId: uuid(1), lines: lines(['a', 1]) }, LATER),
  );
  const second = its.database.transaction((tx) =>
    reserveStock(its.reservationsIn(tx, ids, NOW), { orderId: uuid(2), lines: lines(['a', 1]) }, LATER),
  );
  const isDone = watched(second);
  await sleep(200);
  assert.equal(isDone(), false);
  await first.end();
  await second;
  assert.equal((await told(its, 2, ['a'])).state, 'REJECTED');

  const alone = await held(its.database, (tx) => its.asOnlyWriter(tx));
  const next = its.database.transaction((tx) => its.asOnlyWriter(tx));
  const isNext = watched(next);
  await sleep(200);
  assert.equal(isNext(), false);
  await alone.end();
  await next;
});

type Orders = Noting<OrderTables> & { readonly orderStore: typeof orders.orderStore };

function ordering(name: string, body: (subject: Orders) => Promise<void>): void {
  test(`order, in memory: ${name}`, TIMEOUT, () =>
    inMemory<OrderTables>('order', (database) =>
      body({ ...noting(database), orderStore: memoryOrders.orderStore }),
    ),
  );
  test(`order, on Postgres: ${name}`, TIMEOUT, () =>
    onPostgres<OrderTables>('order', orderMigrations, (database) =>
      body({ ...noting(database), orderStore: orders.orderStore }),
    ),
  );
}

const USER = uuid(77);
const TOTALS = { currency: 'USD', subtotal: 200n, discount: 0n, shipping: 0n, tax: 0n, total: 200n };
const LINE = {
  ...{ sku: 'a', title: 'A thing', categoryPath: ['THINGS'], quantity: 2 },
  ...{ unitPrice: 100n, discount: 0n, amount: 200n },
};

function placed(order: number, cart: { cartId: string; cartEtag: string } | undefined) {
  return place(
    {
      ...{ orderId: uuid(order), userId: USER, placedBy: USER, channel: 'ONLINE', totals: TOTALS },
      ...{ couponCode: undefined, cartId: cart?.cartId, cartEtag: cart?.cartEtag },
      ...{ paymentMethodToken: 'pm_card_visa', method: 'COUNTER' },
    },
    NOW,
    LATER,
  );
}

ordering('an order is told as it was written, with its lines and its history', async (its) => {
  const change = placed(1, undefined);
  await its.database.transaction((tx) => its.orderStore(tx).insert(change, [LINE], undefined));
  const rejected = stateFacts(
    change.order,
    ['OrderRejected'],
    () => ({ type: 'OrderRejected', reason: 'OUT_OF_STOCK', shortSkus: ['a'] }),
    'StockRejected',
    LATER,
  );
  await its.database.transaction(async (tx) => {
    const store = its.orderStore(tx);
    const locked = await store.lock(uuid(1));
    assert.equal(locked?.state, 'PLACED');
    assert.equal(locked?.revision, 1n);
    await store.save(rejected);
    const view = await store.view(uuid(1));
    assert.equal(view?.order.state, 'REJECTED');
    assert.deepEqual(view?.lines, [LINE]);
    assert.equal(view?.address, undefined);
    assert.deepEqual(
      view?.history.map(({ sequence, state, cause }) => [sequence, state, cause]),
      [
        [1n, 'PLACED', 'PlaceOrder'],
        [2n, 'REJECTED', 'StockRejected'],
      ],
    );
  });
  assert.deepEqual(
    its.stated,
    ['OrderPlaced', 'OrderRejected'].map((fact) => `shopverse.order.v1.${fact}`),
  );
  assert.equal(await its.database.transaction((tx) => its.orderStore(tx).lock(uuid(404))), undefined);
  // The same change again is one of an order that has changed since.
  await assert.rejects(its.database.transaction((tx) => its.orderStore(tx).save(rejected)));
});

ordering('a cart in one state is ordered once, unless that order is undone', async (its) => {
  const cart = { cartId: uuid(50), cartEtag: '7' };
  const insert = (order: number, of: { cartId: string; cartEtag: string }) =>
    its.database.transaction((tx) => its.orderStore(tx).insert(placed(order, of), [LINE], undefined));
  await insert(1, cart);
  await assert.rejects(insert(2, cart), /already/i);
  await insert(3, { ...cart, cartEtag: '8' });
  const undone = stateFacts(
    placed(1, cart).order,
    ['OrderRejected'],
    () => ({ type: 'OrderRejected', reason: 'OUT_OF_STOCK', shortSkus: [] }),
    'StockRejected',
    LATER,
  );
  await its.database.transaction((tx) => its.orderStore(tx).save(undone));
  await insert(2, cart);
});

ordering('unsettled orders are counted by one at a time', async (its) => {
  await its.database.transaction((tx) => its.orderStore(tx).insert(placed(1, undefined), [LINE], undefined));
  const first = await held(its.database, async (tx) => {
    const count = await its.orderStore(tx).countUnsettled(USER);
    await its.orderStore(tx).insert(placed(2, undefined), [LINE], undefined);
    return count;
  });
  assert.equal(first.result, 1);
  const second = its.database.transaction((tx) => its.orderStore(tx).countUnsettled(USER));
  const isDone = watched(second);
  await sleep(200);
  assert.equal(isDone(), false);
  await first.end();
  assert.equal(await second, 2);
});

type Carts = Noting<CartTables> & {
  writer(tx: Tx<CartTables>): CartWriter;
  fill(cart: StoredCart, coupon: string): Promise<void>;
};

const cartDeps = { clock: { now: () => NOW }, ids, lifetimes: { user: 1, guest: 1 } };
const COUPON = {
  ...{ code: 'TEN', benefit: { kind: 'percent' as const, basisPoints: 1_000 }, redemptionLimit: 3 },
};

function carts(name: string, body: (subject: Carts) => Promise<void>): void {
  test(`cart, in memory: ${name}`, TIMEOUT, () =>
    inMemory<CartTables>('cart', (database) =>
      body({
        ...noting(database),
        writer: (tx) => memoryCart.createWriter(tx, cartDeps),
        fill: (cart, code) =>
          database.transaction((tx) =>
            statement(tx.db, async (memory) => {
              await memory.insert('cart', cart.cartId, cart);
              await memory.insert('coupon', code, { ...COUPON, code, heldCount: 0, redeemedCount: 0 });
            }),
          ),
      }),
    ),
  );
  test(`cart, on Postgres: ${name}`, TIMEOUT, () =>
    onPostgres<CartTables>('cart', cartMigrations, (database) =>
      body({
        ...noting(database),
        writer: (tx) => createWriter(tx, cartDeps),
        fill: (cart, code) =>
          database.transaction(async ({ db }) => {
            await sql`insert into cart (cart_id, user_id, version, expire_time, create_time, update_time)
              values (${cart.cartId}, ${cart.userId}, ${cart.version}, ${LATER}, ${NOW}, ${NOW})`.execute(db);
            for (const { sku, quantity } of cart.lines) {
              await sql`insert into cart_line (cart_id, sku, quantity)
                values (${cart.cartId}, ${sku}, ${quantity})`.execute(db);
            }
            await sql`insert into coupon
              (code, percent_basis_points, redemption_limit, per_user_limit, minimum_subtotal)
              values (${code}, 1000, 3, 0, 0)`.execute(db);
          }),
      }),
    ),
  );
}

const CART: StoredCart = {
  ...{ cartId: uuid(60), userId: USER, couponCode: undefined, version: 0n },
  ...{ lines: lines(['a', 2], ['b', 1]), expireTime: LATER, createTime: NOW, updateTime: NOW },
};

carts('a cart’s lines and its version go as they are told', async (its) => {
  await its.fill(CART, 'TEN');
  const cart = () => its.database.transaction(async (tx) => (await its.writer(tx).lock([CART.cartId]))[0]);
  await its.database.transaction(async (tx) => {
    const writer = its.writer(tx);
    await writer.addQuantities(CART.cartId, lines(['a', -1]));
    await writer.removeLines(CART.cartId, ['b']);
    await writer.setCoupon(CART.cartId, 'TEN');
  });
  const changed = await cart();
  assert.deepEqual(
    changed?.lines.map(({ sku, quantity }) => ({ sku, quantity })),
    lines(['a', 1]),
  );
  assert.equal(changed?.couponCode, 'TEN');
  assert.deepEqual(await its.database.transaction((tx) => its.writer(tx).lock([uuid(404)])), []);
});

carts('what an order holds of a coupon is counted, once held and once redeemed', async (its) => {
  await its.fill(CART, 'TEN');
  const hold = { orderId: uuid(1), code: 'TEN', userId: USER, version: 1n };
  const save = (state: 'HELD' | 'REDEEMED' | 'RETURNED', step: { held: number; redeemed: number }) =>
    its.database.transaction((tx) => its.writer(tx).saveHold({ ...hold, state }, step));
  const seen = () =>
    its.database.transaction(async (tx) => {
      const writer = its.writer(tx);
      const coupon = await writer.lockCoupon('TEN');
      const kept = await writer.hold(hold.orderId);
      return [kept?.state, coupon?.heldCount, coupon?.redeemedCount, await writer.userCount('TEN', USER)];
    });
  assert.deepEqual(await seen(), [undefined, 0, 0, 0]);
  await save('HELD', { held: 1, redeemed: 0 });
  assert.deepEqual(await seen(), ['HELD', 1, 0, 1]);
  await save('REDEEMED', { held: -1, redeemed: 1 });
  assert.deepEqual(await seen(), ['REDEEMED', 0, 1, 1]);
  await save('RETURNED', { held: 0, redeemed: -1 });
  assert.deepEqual(await seen(), ['RETURNED', 0, 0, 0]);
});

carts('a checkout is begun once and taken once', async (its) => {
  await its.fill(CART, 'TEN');
  const begin = () =>
    its.database.transaction((tx) => its.writer(tx).startCheckout(uuid(1), CART.cartId, CART.lines));
  const take = () => its.database.transaction((tx) => its.writer(tx).takeCheckout(uuid(1)));
  await begin();
  const taken = await take();
  assert.equal(taken?.cartId, CART.cartId);
  assert.deepEqual(
    taken?.lines.map(({ sku, quantity }) => ({ sku, quantity })),
    CART.lines,
  );
  assert.equal(await take(), undefined);
});
