import type { Logger } from '#platform/log/logger.ts';
import { type Random, randomOf } from '../engine/random.ts';
import { asProcess, currentProcess, nobody, type Process, Scheduler } from '../engine/scheduler.ts';
import { drawnUuid } from '../engine/surroundings.ts';
import type { Line, MemoryConnection } from '../memory/connection.ts';
import { MemoryServer } from '../memory/server.ts';
import { Broker } from './broker.ts';
import type { Coverage } from './coverage.ts';
import { calm, drawnFaults, type Faults } from './faults.ts';

/** The services that take part in a checkout. */
export const services = ['order', 'inventory', 'payment', 'cart'] as const;

/** One of `services`. */
export type ServiceName = (typeof services)[number];

/** A replica of a service, across its lives. */
export type Replica = {
  readonly service: ServiceName;
  readonly instance: string;
  /** The process of its present life; undefined while it is down. */
  life: Life | undefined;
};

/** One life of a replica, from a start to a crash. */
export type Life = Process & {
  readonly replica: Replica;
  readonly connections: Set<MemoryConnection>;
};

/** Everything that one seed decides, and what came of it. */
export class World {
  readonly seed: number;
  readonly scheduler = new Scheduler();
  readonly coverage: Coverage;
  readonly chance: {
    readonly code: Random;
    readonly latency: Random;
    readonly faults: Random;
    readonly shop: Random;
    readonly ids: Random;
  };
  readonly servers: Readonly<Record<ServiceName, MemoryServer>>;
  readonly broker: Broker;
  readonly replicas: Replica[] = [];
  /** What is wrong with what came about, as sentences that begin with an invariant's id. */
  readonly violations: string[] = [];
  readonly notes: string[] = [];
  readonly takesNotes: boolean;
  faults: Faults;
  /** Servers that can't be reached. */
  readonly down = new Set<string>();
  readonly #latencyMs: number;
  readonly #failures = new Map<string, number>();
  #ids = 0;

  constructor(seed: number, coverage: Coverage, options: { readonly takesNotes: boolean }) {
    this.seed = seed;
    this.coverage = coverage;
    this.takesNotes = options.takesNotes;
    this.chance = {
      code: randomOf(seed, 'code'),
      latency: randomOf(seed, 'latency'),
      faults: randomOf(seed, 'faults'),
      shop: randomOf(seed, 'shop'),
      ids: randomOf(seed, 'ids'),
    };
    this.faults = drawnFaults(this.chance.faults);
    this.#latencyMs = this.chance.latency.pick([0.5, 2, 10, 30]);
    this.servers = {
      order: new MemoryServer('order'),
      inventory: new MemoryServer('inventory'),
      payment: new MemoryServer('payment'),
      cart: new MemoryServer('cart'),
    };
    this.broker = new Broker(this);
  }

  /** A way over the network: mostly short, now and then long. */
  latency(): number {
    const { latency } = this.chance;
    const usual = latency.next() * this.#latencyMs;
    return latency.chance(0.02) ? usual + latency.between(0, 40 * this.#latencyMs) : usual;
  }

  uuid(): string {
    // In the order of making, as the kernel's are.
    const head = (++this.#ids).toString(16).padStart(12, '0');
    return `${head.slice(0, 8)}-${head.slice(8)}-7${drawnUuid(this.chance.ids).slice(15)}`;
  }

  /** Nothing goes wrong any more, and all that was down is up. */
  heal(): void {
    this.note('everything is healed');
    this.faults = calm;
    this.down.clear();
  }

  /** Whether a handler is to fail now: some fail at first, once to four times. */
  fails(effect: string): boolean {
    const known = this.#failures.get(effect);
    const { faults } = this.chance;
    const left = known ?? (faults.chance(this.faults.failingHandler) ? 1 + faults.below(4) : 0);
    if (known === undefined && left > 0) {
      this.coverage.fault('handler fails');
    }
    this.#failures.set(effect, Math.max(0, left - 1));
    return left > 0;
  }

  violated(sentence: string): void {
    this.note(`VIOLATED ${sentence}`);
    this.violations.push(sentence);
  }

  note(text: string): void {
    if (this.takesNotes) {
      const seconds = ((this.scheduler.now - Date.UTC(2026, 0, 1)) / 1_000).toFixed(3);
      this.notes.push(`${seconds.padStart(8)} s  ${(currentProcess()?.name ?? '-').padEnd(14)} ${text}`);
    }
  }

  /** What lies between a life and a database. */
  lineFrom(life: Process, server: MemoryServer): Line {
    const { scheduler, chance } = this;
    return {
      trip: () => scheduler.sleep(this.latency(), life),
      breaks: (on) =>
        this.down.has(server.name) ||
        chance.faults.chance(on === 'commit' ? this.faults.ambiguousCommit : this.faults.disconnect),
      tookEffect: () => chance.faults.chance(0.5),
      connect: () => {
        if (this.down.has(server.name)) {
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        }
      },
    };
  }

  /** Ends a life at once, as kill -9 does. The databases notice after a while. */
  crash(life: Life, why: string): void {
    if (!life.alive) {
      return;
    }
    this.note(`${life.name} dies: ${why}`);
    life.alive = false;
    life.replica.life = undefined;
    this.scheduler.after(
      this.chance.latency.between(0, 200),
      () => {
        for (const connection of life.connections) {
          connection.terminate();
        }
      },
      nobody,
    );
  }

  /** Cuts all connections to a database. */
  cut(server: MemoryServer): void {
    for (const { life } of this.replicas) {
      for (const connection of life?.connections ?? []) {
        if (connection.server === server) {
          connection.terminate();
        }
      }
    }
  }

  /** A logger that keeps warnings and worse as notes, when notes are taken. */
  logger(): Logger {
    const say = (fields: { readonly err?: unknown } | string, text?: string) => {
      if (this.takesNotes) {
        const error = typeof fields === 'string' ? undefined : fields.err;
        const cause = error instanceof Error ? `: ${error.message}` : '';
        this.note(`${typeof fields === 'string' ? fields : text}${cause}`);
      }
    };
    const quiet = () => {};
    const logger = {
      trace: quiet,
      debug: quiet,
      info: quiet,
      warn: say,
      error: say,
      fatal: say,
      child: () => logger,
    };
    return logger as unknown as Logger;
  }
}

let current: World | undefined;

/** The world that is being simulated. Throws outside of a simulation. */
export function world(): World {
  if (current === undefined) {
    throw new Error('No world is simulated');
  }
  return current;
}

/** Makes a world the one that is simulated. */
export function enter(next: World | undefined): void {
  current = next;
}

/** The life that the running code belongs to. */
export function currentLife(): Life | undefined {
  const process = currentProcess();
  return process !== undefined && 'replica' in process ? (process as Life) : undefined;
}

export { asProcess };
