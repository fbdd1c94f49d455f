import { AsyncLocalStorage } from 'node:async_hooks';

/** A process of the simulated system, as far as time is concerned. */
export type Process = {
  readonly name: string;
  /** Nothing of a dead process happens any more. */
  alive: boolean;
  /** A stopped process goes on at this time, with everything that came due in between. */
  stoppedUntil: number;
};

/** Something that is to happen. */
export type Event = {
  readonly time: number;
  readonly order: number;
  readonly process: Process | undefined;
  readonly fire: () => void;
  cancelled: boolean;
};

/** In the place of a process, for what happens outside of all of them. */
export const nobody = 'nobody';

const owner = new AsyncLocalStorage<Process>();

/** The process that is running now. */
export function currentProcess(): Process | undefined {
  return owner.getStore();
}

/** Runs `work`, and all that it starts, as a process. */
export function asProcess<R>(process: Process, work: () => R): R {
  return owner.run(process, work);
}

/**
 * Time, and what happens in it: one event after the other, and after each everything that follows from it without
 * waiting. Nothing else moves the simulated world, so that the order of events is the whole of its history.
 */
export class Scheduler {
  /** Milliseconds since 1970. */
  now = Date.UTC(2026, 0, 1);
  /** How many events have happened. */
  count = 0;
  /** What happened, as one number. */
  digest = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  /** Has something happen after `ms`, unless the process is dead by then; `nobody` never dies. */
  after(ms: number, fire: () => void, process: Process | typeof nobody = currentProcess() ?? nobody): Event {
    const time = this.now + Math.max(0, ms);
    const event: Event = {
      time,
      order: this.#order++,
      process: process === nobody ? undefined : process,
      fire,
      cancelled: false,
    };
    this.#push(event);
    return event;
  }

  /** Resolves after `ms`; never, when the process dies before. */
  sleep(ms: number, process: Process | typeof nobody = currentProcess() ?? nobody): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve, process);
    });
  }

  /** Lets time pass until `done` says so when asked, every `askEveryMs`, or `latest` is reached. Says whether it was done. */
  run(done: () => boolean, latest: number, askEveryMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let nextAsk = this.now;
      const step = () => {
        try {
          if (this.now >= nextAsk) {
            nextAsk = this.now + askEveryMs;
            if (done()) {
              resolve(true);
              return;
            }
          }
          const event = this.#heap[0];
          if (event === undefined || event.time > latest) {
            resolve(done());
            return;
          }
          this.#dropFirst();
          this.now = Math.max(this.now, event.time);
          this.#fire(event);
        } catch (error) {
          reject(error);
          return;
        }
        // Ticks come after all microtasks, so the next event waits until everything that follows from this one is done.
        queueMicrotask(() => process.nextTick(step));
      };
      // Here too: what was begun before runs as far as it can, wherever this was called from.
      queueMicrotask(() => process.nextTick(step));
    });
  }

  #fire(event: Event): void {
    const { process } = event;
    if (event.cancelled || process?.alive === false) {
      return;
    }
    if (process !== undefined && process.stoppedUntil > this.now) {
      this.#push({ ...event, time: process.stoppedUntil });
      return;
    }
    this.count++;
    this.digest = (Math.imul(this.digest ^ event.order, 0x01000193) ^ Math.floor(this.now * 1_000)) >>> 0;
    if (process === undefined) {
      owner.exit(event.fire);
    } else {
      owner.run(process, event.fire);
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Event;
      if (!isBefore(event, parent)) {
        break;
      }
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) {
      return;
    }
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) {
        break;
      }
      const right = left + 1;
      const least = right < heap.length && isBefore(heap[right] as Event, heap[left] as Event) ? right : left;
      if (!isBefore(heap[least] as Event, last)) {
        break;
      }
      heap[at] = heap[least] as Event;
      at = least;
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
