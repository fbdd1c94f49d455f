import { setTimeout as sleep } from 'node:timers/promises';
import { putInForce } from '../../local/mesh/put-in-force.ts';
import { limitFactor } from '../../local/parts/envoy.ts';
import { until } from '../../local/supervisor/client.ts';
import { startIllInstance } from './ill-instance.ts';
import type { Scene } from './scene.ts';
import {
  type Call,
  callsOfAll,
  many,
  type Outcome,
  outcomeOf,
  readCatalogue,
  steadily,
  WAYS,
  type Way,
} from './ways.ts';

/** What was done, and what came of it for calls that went one way. */
export type Seen = {
  readonly act: string;
  readonly way: Way | 'both';
  readonly calls: number;
  /** How many ended otherwise than they were to. */
  readonly failed: number;
  /** What else was to be seen. */
  readonly told: string;
  readonly held: boolean;
};

/** One thing that the mesh is to do. */
export type Act = { readonly name: string; play(scene: Scene): Promise<Seen[]> };

/** How much of it: calls for each share that is counted, and milliseconds of load around each accident. */
export type Size = { readonly calls: number; readonly loadMs: number };

const PATIENCE_MS = 120_000;
/** What a share may be off by, in standard deviations. */
const SIGMAS = 5;
/** A third of the calls would be its without ejection. */
const MOST_ILL = 0.2;
/** So many calls in a row that miss one of three by chance, as one in two hundred thousand does. */
const PASSING_BY = 30;
/** gRPC may draw the ill one for the repeat too, as long as it isn't out; Envoy doesn't. */
const MOST_FAILED = 0.03;
const SERVICES = ['user', 'product', 'cart', 'order', 'inventory', 'payment', 'analytics', 'gateway'];

/** Everything that the mesh is to do, in the order in which it is shown. */
export function allActs(size: Size): Act[] {
  return [
    canary(size),
    faults(size),
    circuitBreaking(),
    outliers(size),
    accident(size, 'an instance goes and comes back', async (scene) => {
      await scene.scale('product', 1);
      await scene.scale('product', 2);
    }),
    accident(size, 'an instance is killed (SIGKILL)', async ({ stage }) => {
      await stage.kill('product-1');
      await stage.allUp(PATIENCE_MS);
    }),
    accident(size, 'istiod is killed and comes back', async ({ stage }) => {
      await stage.kill('istiod');
      await sleep(500);
      await stage.allUp(PATIENCE_MS);
    }),
    accident(size, 'the edge takes another listener and routes', reloadEdge),
    ...SERVICES.map((service) => restartOf(service, size)),
  ];
}

function canary({ calls }: Size): Act {
  const weight = 20;
  return {
    name: 'canary',
    play: (scene) =>
      scene.under([scene.canary(weight)], () =>
        eachWay(scene, async (way, call) => {
          const before = await scene.served();
          const shared = await many(() => call(), calls);
          const between = await scene.served();
          const chosen = await many(() => call({ 'x-mesh-version': 'v2' }), calls / 4);
          const after = await scene.served();
          const rise = (from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>) =>
            (to.get('product-2') ?? 0) - (from.get('product-2') ?? 0);
          const part = rise(before, between) / calls;
          const wanted = weight / 100;
          const off = Math.abs(part - wanted) / Math.sqrt((wanted * (1 - wanted)) / calls);
          const byHeader = rise(between, after) / chosen.length;
          return [
            {
              ...counted(`canary, ${weight} % by weight`, way, shared),
              told: `v2 had ${(part * 100).toFixed(1)} %`,
              held: off < SIGMAS && allOk(shared),
            },
            {
              ...counted('canary, by header', way, chosen),
              told: `v2 had ${(byHeader * 100).toFixed(1)} % of those`,
              held: byHeader === 1 && allOk(chosen),
            },
          ];
        }),
      ),
  };
}

function faults({ calls }: Size): Act {
  const few = Math.ceil(calls / 40);
  return {
    name: 'faults',
    play: (scene) =>
      scene.under(scene.policy('faults'), () =>
        eachWay(scene, async (way, call) => {
          const suffer = (fault: string) => many(() => call({ 'x-mesh-fault': fault }), few);
          const refused = await suffer('refused');
          const late = await suffer('late');
          const tooLate = await suffer('too-late');
          const others = await many(() => call(), few);
          const codes = (outcomes: readonly Outcome[], code: string) =>
            outcomes.filter((each) => !each.code.startsWith(code)).length;
          const quickest = Math.min(...late.map(({ ms }) => ms));
          const slowest = Math.max(...tooLate.map(({ ms }) => ms));
          return [
            {
              ...counted('fault by header: refused', way, refused),
              failed: codes(refused, 'ResourceExhausted'),
              told: `${refused[0]?.code}`,
              held: codes(refused, 'ResourceExhausted') === 0,
            },
            {
              ...counted('fault by header: 400 ms late', way, late),
              told: `the quickest took ${quickest.toFixed(0)} ms`,
              held: quickest >= 395 && allOk(late),
            },
            {
              ...counted('timeout of 300 ms, on what comes in 8 s', way, tooLate),
              failed: codes(tooLate, 'DeadlineExceeded'),
              told: `the slowest gave up after ${slowest.toFixed(0)} ms`,
              held: codes(tooLate, 'DeadlineExceeded') === 0 && slowest < 8_000,
            },
            { ...counted('without the header', way, others), told: 'no fault', held: allOk(others) },
          ];
        }),
      ),
  };
}

function circuitBreaking(): Act {
  const burst = 60;
  return {
    name: 'circuit breaking',
    play: async (scene) => {
      const narrow = await scene.under(scene.policy('narrow'), () =>
        eachWay(scene, async (way, call) => {
          const outcomes = await many(() => call(), burst, burst);
          const kinds = new Set(outcomes.map(({ code }) => code.split(':')[0]));
          const refused = refusedOf(outcomes);
          return [
            {
              ...counted('circuit breaking, 2 calls at once', way, outcomes),
              failed: 0,
              told: `${refused} of ${burst} at once refused (${[...kinds].join(', ')})`,
              held: refused > 0 && refused < burst && kinds.size === 2,
            },
          ];
        }),
      );
      const wide = await eachWay(scene, async (way, call) => {
        const outcomes = await many(() => call(), burst, burst);
        return [
          { ...counted('the same burst, as in mesh/', way, outcomes), told: '', held: allOk(outcomes) },
        ];
      });
      return [...narrow, ...wide];
    },
  };
}

/** One of three instances is ill. Its calls are made again elsewhere, and soon it has none. */
function outliers({ calls }: Size): Act {
  return {
    name: 'outlier ejection',
    play: async (scene) => {
      const ill = await startIllInstance(scene.stack);
      try {
        return await eachWay(scene, async (way, call) => {
          // Discovery takes a moment to find it, and the edge one to leave it out; then calls go by it.
          const unknown = ill.asked();
          await until(30_000, async () => {
            const asked = ill.asked();
            await many(() => call(), PASSING_BY);
            return asked > unknown && ill.asked() === asked;
          });
          const before = ill.asked();
          const outcomes = await many(() => call(), calls);
          const part = (ill.asked() - before) / calls;
          return [
            {
              ...counted('outlier ejection, one of three is ill', way, outcomes),
              told: `it was asked in ${(part * 100).toFixed(1)} % of calls`,
              held: part < MOST_ILL && refusedOf(outcomes) <= MOST_FAILED * calls,
            },
          ];
        });
      } finally {
        await ill.stop();
      }
    },
  };
}

/** Something that befalls the mesh while both ways are under load: no call may fail of it. */
function accident({ loadMs }: Size, name: string, befall: (scene: Scene) => Promise<void>): Act {
  return {
    name,
    play: async (scene) => {
      const calls = WAYS.flatMap((way) => {
        const call = readCatalogue(scene.stack, way);
        return [1, 2, 3].map((lane) => [`${way} ${lane}`, call] as const);
      });
      const load = steadily(new Map(calls));
      await sleep(loadMs / 2);
      await befall(scene);
      await sleep(loadMs / 2);
      const seen = await load.stop();
      return WAYS.map((way) => {
        const outcomes = [...seen].filter(([lane]) => lane.startsWith(way)).flatMap(([, each]) => each);
        return { ...counted(name, way, outcomes), ...wholly(outcomes) };
      });
    },
  };
}

/** Every instance of a service in turn, with one more beside them for that time, while everything is called. */
function restartOf(service: string, { loadMs }: Size): Act {
  const name = `every instance of ${service} is restarted`;
  return {
    name,
    play: async (scene) => {
      const { stage } = scene;
      const calls = new Map<string, Call>();
      for (const way of WAYS) {
        for (const [kind, call] of await callsOfAll(scene.stack, way)) calls.set(`${way}: ${kind}`, call);
      }
      const count = scene.instancesOf(service);
      await scene.scale(service, count + 1);
      const load = steadily(calls);
      await sleep(loadMs / 2);
      for (let n = 1; n <= count; n += 1) {
        const unit = `${service}-${n}`;
        const pid = await stage.pid(unit);
        await stage.restart(unit);
        const back = async () => (await stage.pid(unit).catch(() => pid)) !== pid && (await stage.allUp(1));
        if (!(await until(PATIENCE_MS, back))) throw new Error(`${unit} did not come back.`);
      }
      await scene.scale(service, count);
      await sleep(loadMs / 2);
      const seen = await load.stop();
      const outcomes = [...seen.values()].flat();
      const worst = [...seen].find(([, each]) => !allOk(each))?.[0];
      const { told, held } = wholly(outcomes);
      return [{ ...counted(name, 'both', outcomes), told: worst ? `${worst}: ${told}` : told, held }];
    },
  };
}

/** As a new release of the edge's code would: another limit changes listener and routes. */
async function reloadEdge({ stack }: Scene): Promise<void> {
  const before = limitFactor();
  try {
    process.env.SHOPVERSE_LIMIT_FACTOR = String(before * 2);
    await putInForce(stack);
    await sleep(2_000);
  } finally {
    process.env.SHOPVERSE_LIMIT_FACTOR = String(before);
    await putInForce(stack);
  }
}

async function eachWay(scene: Scene, work: (way: Way, call: Call) => Promise<Seen[]>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const way of WAYS) {
    const call = readCatalogue(scene.stack, way);
    // The first call of a new rule is no part of it.
    await until(10_000, async () => (await outcomeOf(() => call())).code === 'OK');
    seen.push(...(await work(way, call)));
  }
  return seen;
}

function counted(act: string, way: Seen['way'], outcomes: readonly Outcome[]) {
  return { act, way, calls: outcomes.length, failed: outcomes.filter(({ code }) => code !== 'OK').length };
}

function wholly(outcomes: readonly Outcome[]) {
  const wrong = outcomes.find(({ code }) => code !== 'OK');
  const slowest = Math.max(0, ...outcomes.map(({ ms }) => ms));
  return {
    told: wrong?.code ?? `the slowest took ${slowest.toFixed(0)} ms`,
    held: wrong === undefined && outcomes.length > 0,
  };
}

function refusedOf(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ code }) => code !== 'OK').length;
}

function allOk(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ code }) => code === 'OK');
}
