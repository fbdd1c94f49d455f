import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@connectrpc/connect';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import type { Basket } from '../../local/grocer/line.ts';
import { readBaskets, readProducts, YEAR } from '../../local/grocer/year.ts';
import { placeOf } from '../../local/install/artefact.ts';
import { type Journal, openJournal } from '../../local/replay/journal.ts';
import { orderBasket, type Titles } from '../../local/replay/order-basket.ts';
import { newTally, type Tally } from '../../local/replay/tally.ts';
import { signInAs } from '../../local/shop/accounts.ts';
import { titleOf } from '../../local/shop/catalogue.ts';
import type { Stack } from '../../local/stack.ts';
import type { Dice } from './dice.ts';

/** Real baskets that come at a fixed rate, whether or not those before them are through. */
export type Till = {
  /** Begins to place orders, so many a second, each paid with one of these cards. */
  open(rate: number, cards: readonly string[], dice: Dice): Shift;
};

/** Orders being placed. */
export type Shift = {
  /** Takes no more baskets; resolves when every order that was placed has come to its end, or nobody knows. */
  close(): Promise<Takings>;
};

/** What clients saw. Times in milliseconds. */
export type Takings = Tally & {
  readonly orders: number;
  /** Calls to place an order, with their repeats, and how many of them were not answered well. */
  readonly calls: number;
  readonly callsFailed: number;
};

/** A client that waits longer has hung up. Milliseconds. */
const PLACE_MS = 10_000;
const WATCH_MS = 60_000;

/** Signs the till in, at the edge. The stack must have been seeded. */
export async function openTill(stack: Stack): Promise<Till> {
  const year = placeOf(stack.cache, YEAR);
  const titles: Titles = new Map(
    (await readProducts(year)).map((product) => [
      product.sku,
      { title: titleOf(product), path: product.path },
    ]),
  );
  const journal = openJournal(stack.state);
  const baskets = readBaskets(year, journal.next());
  const session = await signInAs(stack, 'till');
  const orders = session.client(OrderService);
  return { open: (rate, cards, dice) => open({ titles, journal, baskets, orders, rate, cards, dice }) };
}

type Place = {
  readonly titles: Titles;
  readonly journal: Journal;
  readonly baskets: AsyncGenerator<Basket>;
  readonly orders: Client<typeof OrderService>;
  readonly rate: number;
  readonly cards: readonly string[];
  readonly dice: Dice;
};

function open({ titles, journal, baskets, orders, rate, cards, dice }: Place): Shift {
  const tally = newTally();
  const calls = { made: 0, failed: 0 };
  const counted: Client<typeof OrderService> = {
    ...orders,
    async placeOrder(request, options) {
      calls.made += 1;
      try {
        return await orders.placeOrder(request, { ...options, timeoutMs: PLACE_MS });
      } catch (error) {
        calls.failed += 1;
        throw error;
      }
    },
    watchOrder: (request, options) => orders.watchOrder(request, { ...options, timeoutMs: WATCH_MS }),
  };
  const running: Promise<void>[] = [];
  let closed = false;
  const began = Date.now();
  const takeAll = async () => {
    while (!closed) {
      const next = await baskets.next();
      if (next.done) throw new Error('The year has no more baskets; ./shopverse reset starts a new one.');
      journal.moveTo(journal.next() + 1);
      const ordering = { orders: counted, journal, tally, card: dice.one(cards) };
      running.push(orderBasket(ordering, next.value, titles));
      await sleep(Math.max(0, began + (running.length * 1_000) / rate - Date.now()));
    }
  };
  const taking = takeAll();
  return {
    async close() {
      closed = true;
      await taking;
      await Promise.all(running);
      return { ...tally, orders: running.length, calls: calls.made, callsFailed: calls.failed };
    },
  };
}
