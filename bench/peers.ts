import { loadavg } from 'node:os';
import { say } from '../local/install/progress.ts';
import { openStack } from '../local/stack.ts';
import { conditions, type Measured, round } from './open-loop.ts';
import { atRate, type Closed, coresOf, type Idle, restingOf, Tally } from './peers/measure.ts';
import { openMedusa } from './peers/medusa/medusa.ts';
import { openPlace } from './peers/place.ts';
import { bestSellers } from './peers/products.ts';
import { MEANINGS, PATHS, type Path, type Shop } from './peers/shop.ts';
import { openShopverse } from './peers/shopverse.ts';
import { openVendure } from './peers/vendure/vendure.ts';

// This platform beside Vendure and Medusa: the same products, Postgres and machine, the same JSON client, taking turns in
// short rounds of one run. The running stack is called through Envoy; the peers, which have no gateway of their own,
// directly. Each of them has what its makers advise for production (bench/peers/). One JSON line.
const count = Number(process.env.PRODUCTS ?? 2_000);
const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 3);
const rate = Number(process.env.RATE ?? 40);
const AT_ONCE: Readonly<Record<Path, number>> = { list: 16, search: 16, detail: 16, add: 8, checkout: 4 };
const AT_RATE: readonly Path[] = ['list', 'search', 'detail'];
const WARM_UP_SECONDS = 2;
const IDLE_SECONDS = 5;

type Figures = Closed & { readonly atRate?: Measured };

const load = loadavg()[0];
const stack = openStack({});
const place = await openPlace(stack);
const shops: Shop[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().finally(() => process.exit(1)));
}
try {
  const products = await bestSellers(stack, count);
  shops.push(await opened('ShopVerse', () => openShopverse(stack, products)));
  shops.push(await opened('Vendure', () => openVendure(place, products)));
  shops.push(await opened('Medusa', () => openMedusa(place, products)));
  say('  Waiting until they rest …');
  const idle = await restingOf(shops, IDLE_SECONDS);
  const paths: Partial<Record<Path, Record<string, Figures>>> = {};
  for (const path of PATHS) paths[path] = await measured(path, idle);
  say(`\n${tableOf(paths)}\n`);
  console.log(
    JSON.stringify({
      bench: 'peers',
      meanings: MEANINGS,
      paths,
      atOnce: AT_ONCE,
      products: Object.fromEntries(shops.map((shop) => [shop.name, shop.products])),
      memoryMb: Object.fromEntries(shops.map((shop) => [shop.name, Math.round(shop.memory() / 1_048_576)])),
      idleCores: Object.fromEntries(Array.from(idle, ([shop, parts]) => [shop.name, round(coresOf(parts))])),
      ...{ rounds, seconds, rate, ...conditions(load) },
    }),
  );
} finally {
  await close();
}

async function opened(name: string, open: () => Promise<Shop>): Promise<Shop> {
  const began = performance.now();
  say(`  ${name}: filling it, and starting …`);
  const shop = await open();
  say(`  ${name}: ready after ${round((performance.now() - began) / 1_000)} s`);
  return shop;
}

/** All shops on one path, taking turns, another one first in each round. */
async function measured(path: Path, idle: ReadonlyMap<Shop, Idle>): Promise<Record<string, Figures>> {
  const atOnce = AT_ONCE[path];
  const numbers = new Map<Shop, number>();
  const go = async (shop: Shop, tally: Tally, lasting: number) => {
    await shop.prepare?.();
    const stretch = { path, atOnce, seconds: lasting };
    const resting = idle.get(shop) ?? new Map();
    numbers.set(shop, await tally.stretch(shop, resting, stretch, numbers.get(shop) ?? 0));
  };
  for (const shop of shops) await go(shop, new Tally(), WARM_UP_SECONDS);
  const tallies = new Map(shops.map((shop) => [shop, new Tally()]));
  for (let turn = 0; turn < rounds; turn++) {
    for (let at = 0; at < shops.length; at++) {
      const shop = shops[(at + turn) % shops.length] as Shop;
      await go(shop, tallies.get(shop) as Tally, seconds);
    }
  }
  const figures: Record<string, Figures> = {};
  for (const [shop, tally] of tallies) {
    const closed = tally.result();
    if (closed.calls === 0) throw new Error(`${shop.name} answered no call of ${path}.`);
    figures[shop.name] = AT_RATE.includes(path)
      ? { ...closed, atRate: await atRate(shop, path, rate, seconds) }
      : closed;
    say(
      `  ${path.padEnd(9)} ${shop.name.padEnd(14)} ${String(closed.perSecond).padStart(8)}/s  p50 ${closed.p50} ms  p99 ${closed.p99} ms  CPU ${closed.cpuMs} ms${closed.errors > 0 ? `, ${closed.errors} failed` : ''}`,
    );
  }
  return figures;
}

/** As docs/performance.md has it. */
function tableOf(paths: Partial<Record<Path, Record<string, Figures>>>): string {
  const rows = Object.entries(paths).flatMap(([path, figures]) =>
    Object.entries(figures).map(([shop, each]) => {
      const due = each.atRate === undefined ? '' : `${each.atRate.p50} / ${each.atRate.p99}`;
      return `| ${path}, ${AT_ONCE[path as Path]} at once | ${shop} | ${each.perSecond} | ${each.p50} / ${each.p99} | ${due} | ${each.cpuMs} |`;
    }),
  );
  const head = `| What | Shop | calls/s | p50 / p99 ms | p50 / p99 ms at ${rate}/s | CPU ms a call |`;
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}

/** Ends what was started, and drops what was made. */
async function close(): Promise<void> {
  await Promise.allSettled(shops.splice(0).map((shop) => shop.close()));
  await place.clear();
}
