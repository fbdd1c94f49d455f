import { randomBytes } from 'node:crypto';
import { nobody } from './engine/scheduler.ts';
import { surroundWith } from './engine/surroundings.ts';
import type { PaymentRow } from './memory/payment/rows.ts';
import { topics } from './world/consumed.ts';
import type { Coverage } from './world/coverage.ts';
import { judge, judgeBuckets, judgeShelf } from './world/judge.ts';
import { SimulatedProvider } from './world/provider.ts';
import { unrest } from './world/quiet.ts';
import { Replicas } from './world/replicas.ts';
import { Shop } from './world/shop.ts';
import { Wilful } from './world/wilful.ts';
import { enter, services, World } from './world/world.ts';

/** What one seed came to. */
export type Run = {
  readonly seed: number;
  /** Sentences, each beginning with the invariant's id; none when all is well. */
  readonly violations: readonly string[];
  /** What happened, when notes were asked for. */
  readonly notes: readonly string[];
  readonly events: number;
  /** The same for the same seed and the same code. */
  readonly digest: number;
};

/** Faults happen for so long after the start, and quiet is waited for so long after that, in milliseconds. */
const longestTroubleMs = 12_000;
const patienceMs = 120_000;

/** Lives through one seed: customers, faults, healing, quiet; then judges. Needs `loading.ts` to have come first. */
export async function simulate(
  seed: number,
  coverage: Coverage,
  options: { readonly takesNotes: boolean } = { takesNotes: false },
): Promise<Run> {
  const world = new World(seed, coverage, options);
  const { scheduler, chance } = world;
  surroundWith({ scheduler, random: chance.code, timerGrainMs: chance.latency.between(500, 5_000) });
  enter(world);
  try {
    await live(world);
  } finally {
    enter(undefined);
    surroundWith(undefined);
  }
  const { violations, notes } = world;
  return { seed, violations, notes, events: scheduler.count, digest: scheduler.digest };
}

async function live(world: World): Promise<void> {
  const { scheduler, chance } = world;
  const shop = new Shop(world);
  const provider = new SimulatedProvider(world);
  const replicas = new Replicas(world, { provider, quotes: shop.quotes });
  watchCommits(world);
  const second = chance.shop.pick([0, 0.3, 1]);
  for (const service of services) {
    replicas.add(service, 1);
    if (chance.shop.chance(second)) {
      replicas.add(service, 2);
    }
  }
  provider.deliver = async (event) => {
    const there = replicas.running('payment');
    if (there === undefined || world.down.has('payment')) {
      return false;
    }
    return replicas.takeWebhook(there, event);
  };
  const trouble = chance.faults.between(2_000, longestTroubleMs);
  shop.open(replicas, trouble);
  plan(world, replicas, provider, trouble);
  if (chance.shop.chance(0.15)) {
    new Wilful(world).begin(trouble);
  }

  let patience = scheduler.now + trouble + patienceMs;
  scheduler.after(trouble, () => heal(world, provider), nobody);
  const quietFrom = scheduler.now + trouble;
  const quiet = () => scheduler.now > quietFrom && unrest(world, shop).length === 0;
  let settled = await scheduler.run(quiet, patience, 500);
  if (settled) {
    // What is still under way, such as a webhook or a repeat, may stir it once more.
    patience = scheduler.now + 25_000;
    await scheduler.run(() => false, scheduler.now + 4_000, 10_000);
    settled = await scheduler.run(quiet, patience, 500);
  }
  if (!settled) {
    world.violated(`I-12 it never gets quiet: ${unrest(world, shop).join('; ')}`);
  }
  judge(world, shop, provider);
}

/** Outages, kills and stops at times of the seed's choosing; every replica that is down is started again. */
function plan(world: World, replicas: Replicas, provider: SimulatedProvider, trouble: number): void {
  const { scheduler, chance, faults, coverage } = world;
  const random = chance.faults;
  const times = (most: number, work: () => void) => {
    for (let number = most === 0 ? 0 : 1 + random.below(most); number > 0; number--) {
      scheduler.after(random.between(0, trouble), work, nobody);
    }
  };
  const lives = () => world.replicas.flatMap(({ life }) => life ?? []);
  times(faults.kills, () => {
    const [life] = lives().length === 0 ? [] : [random.pick(lives())];
    if (life !== undefined) {
      coverage.fault('process killed');
      world.crash(life, 'killed');
    }
  });
  times(faults.stops, () => {
    const [life] = lives().length === 0 ? [] : [random.pick(lives())];
    if (life !== undefined) {
      coverage.fault('process stopped and continued');
      life.stoppedUntil = scheduler.now + random.between(500, 30_000);
      world.note(`${life.name} is stopped until ${life.stoppedUntil - scheduler.now} ms from now`);
    }
  });
  times(faults.brokerOutages, () => {
    coverage.fault('broker away');
    world.note('the broker is away');
    world.broker.down = true;
    scheduler.after(random.between(500, 5_000), () => (world.broker.down = false), nobody);
  });
  times(faults.databaseOutages, () => {
    const service = random.pick(services);
    coverage.fault('database restarted');
    world.note(`the database of ${service} is away`);
    world.down.add(service);
    world.cut(world.servers[service]);
    scheduler.after(random.between(200, 3_000), () => world.down.delete(service), nobody);
  });
  times(faults.providerOutages, () => {
    const forMs = random.between(1_000, 12_000);
    coverage.fault('provider away');
    provider.down = true;
    scheduler.after(forMs, () => (provider.down = false), nobody);
    if (random.chance(0.4)) {
      // The orders' own deadlines pass unseen meanwhile, and the payments are given up first.
      for (const life of lives().filter(({ replica }) => replica.service === 'order')) {
        life.stoppedUntil = scheduler.now + forMs + random.between(0, 8_000);
      }
    }
  });
  times(faults.poison, () => {
    coverage.fault('poison');
    const key = Buffer.from(world.uuid());
    world.broker.append({
      topic: random.pick(Object.values(topics)),
      key,
      value: randomBytes(20),
      headers: [],
    });
  });
  const watch = () => {
    for (const replica of world.replicas) {
      if (replica.life === undefined) {
        replicas.start(replica);
      }
    }
    world.broker.rebalance();
    scheduler.after(random.between(500, 2_000), watch, nobody);
  };
  watch();
}

function heal(world: World, provider: SimulatedProvider): void {
  world.heal();
  world.broker.down = false;
  provider.down = false;
}

/** Judges what must always hold at each commit. */
function watchCommits(world: World): void {
  const { inventory, payment } = world.servers;
  inventory.onCommit = (written) => {
    for (const shelf of written.get('stock')?.values() ?? []) {
      judgeShelf(world, shelf as Parameters<typeof judgeShelf>[1]);
    }
  };
  payment.onCommit = (written) => {
    for (const row of written.get('payment')?.values() ?? []) {
      judgeBuckets(world, row as PaymentRow);
    }
  };
}
