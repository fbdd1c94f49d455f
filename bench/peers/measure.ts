import { setTimeout as sleep } from 'node:timers/promises';
import { type Measured, openLoop, quantile, round } from '../open-loop.ts';
import type { Path, Shop } from './shop.ts';

/** How one path of one shop was measured. */
export type Stretch = { readonly path: Path; readonly atOnce: number; readonly seconds: number };

/** What a shop did on one path: calls one after the other by so many at once. */
export type Closed = {
  readonly perSecond: number;
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU a call in ms, by part, what the part uses idle taken off; the sum of all and of the most costly. */
  readonly cpuMs: number;
  readonly byPart: Readonly<Record<string, number>>;
};

/** Counts what is done after the last answer (facts that are taken in, jobs of workers) to the calls before it. */
const AFTERMATH_MS = 1_000;

/** Calls made in several stretches, put together. */
export class Tally {
  readonly #took: number[] = [];
  readonly #cpu = new Map<string, number>();
  #errors = 0;
  #ms = 0;

  /** One stretch: `atOnce` callers, each making its next call when the one before is answered. */
  async stretch(shop: Shop, idle: Idle, { path, atOnce, seconds }: Stretch, first: number): Promise<number> {
    const before = shop.cpu();
    const began = performance.now();
    let number = first;
    const caller = async (worker: number) => {
      while (performance.now() - began < seconds * 1_000) {
        const start = performance.now();
        try {
          await shop.call[path](worker, number++);
          this.#took.push(performance.now() - start);
        } catch (error) {
          this.#errors += 1;
          if (this.#errors === 1) console.error(shop.name, path, error);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, worker) => caller(worker)));
    this.#ms += performance.now() - began;
    await sleep(AFTERMATH_MS);
    const ms = performance.now() - began;
    for (const [part, used] of shop.cpu()) {
      const busy = used - (before.get(part) ?? 0) - (idle.get(part) ?? 0) * ms;
      this.#cpu.set(part, (this.#cpu.get(part) ?? 0) + busy);
    }
    return number;
  }

  /** What it comes to. */
  result(): Closed {
    const took = this.#took.toSorted((a, b) => a - b);
    const each = [...this.#cpu].map(([part, ms]) => [part, round(ms / took.length)] as const);
    return {
      perSecond: round(took.length / (this.#ms / 1_000)),
      calls: took.length,
      errors: this.#errors,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      cpuMs: round(each.reduce((sum, [, ms]) => sum + ms, 0)),
      byPart: Object.fromEntries(each.filter(([, ms]) => ms >= 0.05).sort((a, b) => b[1] - a[1])),
    };
  }
}

/** What each part uses when nobody asks for anything: ms of CPU a ms. */
export type Idle = ReadonlyMap<string, number>;

/** All of a shop's parts together. */
export function coresOf(parts: Idle): number {
  return [...parts.values()].reduce((sum, each) => sum + each, 0);
}

/** So many cores and less, all shops taken together, is what they use at rest. */
const RESTING_CORES = 1;
const LONGEST_UNREST_MS = 300_000;

/** Waits until what filling the shops set off is done (indexes, events, jobs), and resolves to what they then use. */
export async function restingOf(shops: readonly Shop[], seconds: number): Promise<Map<Shop, Idle>> {
  const end = performance.now() + LONGEST_UNREST_MS;
  for (;;) {
    const idle = await idleOf(shops, seconds);
    const cores = [...idle.values()].reduce((sum, parts) => sum + coresOf(parts), 0);
    if (cores <= RESTING_CORES) return idle;
    if (performance.now() > end)
      throw new Error(`The shops don't come to rest: they use ${round(cores)} cores.`);
  }
}

/** Looks at idle shops for so long. */
async function idleOf(shops: readonly Shop[], seconds: number): Promise<Map<Shop, Idle>> {
  const before = shops.map((shop) => shop.cpu());
  await sleep(seconds * 1_000);
  return new Map(
    shops.map((shop, index) => [
      shop,
      new Map(
        Array.from(shop.cpu(), ([part, used]) => [
          part,
          (used - (before[index]?.get(part) ?? 0)) / (seconds * 1_000),
        ]),
      ),
    ]),
  );
}

/** Calls that are due at a fixed rate, however long each takes. */
export function atRate(shop: Shop, path: Path, rate: number, seconds: number): Promise<Measured> {
  return openLoop({ rate, seconds, warmUpSeconds: 1 }, (number) => shop.call[path](number % 64, number));
}
