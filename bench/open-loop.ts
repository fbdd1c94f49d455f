import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Latencies in milliseconds, counted from when each call was to start: waiting for one's turn is part of it. */
export type Measured = {
  readonly perSecond: number;
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
};

/**
 * Makes calls at a fixed rate, however long each takes, for `seconds` after `warmUpSeconds` that don't count. The
 * first error is shown on stderr, so that a run full of refusals isn't taken for a fast one.
 */
export async function openLoop(
  { rate, seconds, warmUpSeconds = 3 }: { rate: number; seconds: number; warmUpSeconds?: number },
  call: (number: number) => Promise<unknown>,
): Promise<Measured> {
  const took: number[] = [];
  let errors = 0;
  const running = new Set<Promise<void>>();
  const begin = performance.now() - (1 / rate) * 1_000;
  const warmUp = Math.round(rate * warmUpSeconds);
  const all = warmUp + Math.round(rate * seconds);
  for (let started = 0; started < all; await sleep(1)) {
    const due = Math.min(all, Math.floor(((performance.now() - begin) / 1_000) * rate));
    for (; started < due; started++) {
      const number = started;
      const intended = begin + ((number + 1) / rate) * 1_000;
      const one = call(number)
        .catch((error: unknown) => {
          errors += 1;
          if (errors === 1) console.error(error);
        })
        .then(() => {
          if (number >= warmUp) took.push(performance.now() - intended);
          running.delete(one);
        });
      running.add(one);
    }
  }
  await Promise.all(running);
  took.sort((a, b) => a - b);
  const lasted = (performance.now() - begin) / 1_000 - warmUpSeconds;
  return {
    perSecond: round(took.length / lasted),
    calls: took.length,
    errors,
    ...{ p50: quantile(took, 0.5), p99: quantile(took, 0.99), worst: round(took.at(-1) ?? Number.NaN) },
  };
}

/** What a figure was measured under. `load1m` is the machine's before the run. */
export function conditions(load = loadavg()[0] ?? 0) {
  return { cores: availableParallelism(), load1m: round(load), node: process.version };
}

/** Of sorted values, to a hundredth. */
export function quantile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

/** To a hundredth. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
