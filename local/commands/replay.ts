import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import type { Basket } from '../grocer/line.ts';
import { readBaskets, readLeftOut, readProducts, YEAR } from '../grocer/year.ts';
import { install, placeOf } from '../install/artefact.ts';
import { say } from '../install/progress.ts';
import { openJournal } from '../replay/journal.ts';
import { openKafkaVolume } from '../replay/kafka-volume.ts';
import { type Ordering, orderBasket, type Titles } from '../replay/order-basket.ts';
import { paidBaskets, reconcile } from '../replay/reconcile.ts';
import { newTally, quantile, renderTally } from '../replay/tally.ts';
import { signInAs } from '../shop/accounts.ts';
import { titleOf } from '../shop/catalogue.ts';
import { seed } from '../shop/seed.ts';
import type { Stack } from '../stack.ts';
import { renderComparison, renderLeftOut } from './replay/report.ts';

export const summary = 'real baskets of a real grocer become orders, live; then the totals are reconciled';
export const usage = '[--orders N] [--rate PER_SECOND] [--at-once N] [--short] [--json]';

const SHORT = 200;

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      orders: { type: 'string', default: '1000' },
      rate: { type: 'string' },
      'at-once': { type: 'string', default: '16' },
      card: { type: 'string', default: 'pm_card_visa' },
      short: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const count = values.short ? SHORT : whole('--orders', values.orders);
  const atOnce = whole('--at-once', values['at-once']);
  const rate = values.rate === undefined ? undefined : whole('--rate', values.rate);
  await seed(stack);
  await install(stack.cache, YEAR);
  const year = placeOf(stack.cache, YEAR);
  const titles: Titles = new Map(
    (await readProducts(year)).map((product) => [
      product.sku,
      { title: titleOf(product), path: product.path },
    ]),
  );
  const journal = openJournal(stack.state);
  const till = await signInAs(stack, 'till');
  const tally = newTally();
  const ordering = { orders: till.client(OrderService), journal, tally, card: values.card };

  const volume = await openKafkaVolume(stack);
  const eventsBefore = await volume.records();
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const show = async () => say(renderTally(tally, seconds(), (await volume.records()) - eventsBefore));
  const ticker = setInterval(() => void show().catch((error: Error) => say(error.message)), 2_000);
  try {
    await replay(ordering, take(readBaskets(year, journal.next()), count), titles, {
      atOnce,
      rate,
      signal: stop.signal,
    });
  } finally {
    clearInterval(ticker);
  }
  const took = seconds();
  const events = (await volume.records()) - eventsBefore;
  await volume.close();
  say(renderTally(tally, took, events));

  const comparison = await reconcile(stack, await paidBaskets(year, journal.entries()), titles);
  const reconciled = comparison.every((each) => each.equal);
  if (values.json) {
    const { placeTimes, sagaTimes, ...counts } = tally;
    const times = (of: readonly number[]) => ({ p50: quantile(of, 0.5), p99: quantile(of, 0.99) });
    console.log(
      JSON.stringify({
        ...counts,
        seconds: took,
        events,
        placeMs: times(placeTimes),
        sagaMs: times(sagaTimes),
        reconciled,
        comparison,
      }),
    );
  } else {
    console.log(`\n${renderComparison(comparison)}\n${renderLeftOut(readLeftOut(year))}`);
  }
  return reconciled && tally.failed === 0 ? 0 : 1;
}

/** Orders the baskets, so many at once at most, and so many a second at most. The journal's cursor goes along. */
async function replay(
  ordering: Ordering,
  baskets: AsyncIterable<Basket>,
  titles: Titles,
  limits: { atOnce: number; rate: number | undefined; signal: AbortSignal },
): Promise<void> {
  const running = new Set<Promise<void>>();
  const began = Date.now();
  let started = 0;
  let failure: unknown;
  for await (const basket of baskets) {
    if (limits.signal.aborted || failure !== undefined) break;
    if (limits.rate !== undefined) {
      await sleep(Math.max(0, began + (started * 1_000) / limits.rate - Date.now()));
    }
    started += 1;
    const one = orderBasket(ordering, basket, titles).catch((error: unknown) => {
      failure = error;
    });
    running.add(one);
    void one.then(() => running.delete(one));
    ordering.journal.moveTo(ordering.journal.next() + 1);
    if (running.size >= limits.atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
}

async function* take<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count;
  if (left === 0) return;
  for await (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}

function whole(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option} takes a whole number from 1 on.`);
  return number;
}
