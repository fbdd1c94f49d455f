import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Random } from './random.ts';
import { currentProcess, type Event, type Scheduler } from './scheduler.ts';

/** Where the code under simulation gets its time and chance from while a simulation runs. */
export type Surroundings = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** A timer may come later than asked, by chance up to this many milliseconds after it was set. */
  readonly timerGrainMs: number;
};

let current: Surroundings | undefined;

/** Puts a simulation's time and chance in the place of the process's own, until undefined is given. */
export function surroundWith(surroundings: Surroundings | undefined): void {
  current = surroundings;
}

/** The time and chance of the running simulation. Throws outside of one. */
export function surroundings(): Surroundings {
  if (current === undefined) {
    throw new Error('No simulation is running');
  }
  return current;
}

/** Version 4 form, from the seed. */
export function drawnUuid(random: Random): string {
  const hex = drawnBytes(random, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function drawnBytes(random: Random, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) {
    bytes[at] = random.below(256);
  }
  return bytes;
}

class Timer {
  readonly event: Event;
  constructor(ms: number, fire: () => void) {
    const { scheduler, random, timerGrainMs } = surroundings();
    const late = ms < timerGrainMs ? random.between(ms, timerGrainMs) : ms;
    this.event = scheduler.after(late, fire, currentProcess());
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

function sleep<T>(
  ms = 1,
  value?: T,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer.event.cancelled = true;
      reject(signal?.reason);
    };
    const timer = new Timer(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    });
    if (signal?.aborted) {
      abort();
    } else {
      signal?.addEventListener('abort', abort, { once: true });
    }
  });
}

/**
 * Replaces what a program can ask of the time and of chance by what the running simulation says. To be called once a
 * thread, before the code under simulation is loaded; outside of a simulation everything is as before.
 */
export function replaceTimeAndChance(): void {
  const require = createRequire(import.meta.url);
  const timers = require('node:timers/promises');
  const crypto = require('node:crypto');
  const real = {
    Date,
    random: Math.random,
    setTimeout,
    clearTimeout,
    setImmediate,
    sleep: timers.setTimeout,
    randomUUID: crypto.randomUUID,
    randomBytes: crypto.randomBytes,
    timeout: AbortSignal.timeout,
  };

  globalThis.Date = class SimulatedDate extends real.Date {
    constructor(...given: unknown[]) {
      if (given.length === 0 && current !== undefined) {
        super(current.scheduler.now);
      } else {
        super(...(given as []));
      }
    }
    static override now(): number {
      return current === undefined ? real.Date.now() : Math.floor(current.scheduler.now);
    }
  } as DateConstructor;
  Math.random = () => (current === undefined ? real.random() : current.random.next());
  const replaced = {
    setTimeout: (fire: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      current === undefined ? real.setTimeout(fire, ms, ...args) : new Timer(ms, () => fire(...args)),
    setImmediate: (fire: (...args: unknown[]) => void, ...args: unknown[]) =>
      current === undefined
        ? real.setImmediate(fire, ...args)
        : current.scheduler.after(0, () => fire(...args)),
    clearTimeout: (timer: Timer | NodeJS.Timeout | undefined) => {
      if (timer instanceof Timer) {
        timer.event.cancelled = true;
      } else {
        real.clearTimeout(timer);
      }
    },
  };
  Object.assign(globalThis, replaced);
  AbortSignal.timeout = (ms) => {
    if (current === undefined) {
      return real.timeout.call(AbortSignal, ms);
    }
    const controller = new AbortController();
    new Timer(ms, () => controller.abort());
    return controller.signal;
  };
  timers.setTimeout = (ms?: number, value?: unknown, options?: object) =>
    current === undefined ? real.sleep(ms, value, options) : sleep(ms, value, options);
  crypto.randomUUID = () => (current === undefined ? real.randomUUID() : drawnUuid(current.random));
  crypto.randomBytes = (size: number) =>
    current === undefined ? real.randomBytes(size) : drawnBytes(current.random, size);
  syncBuiltinESMExports();
}
