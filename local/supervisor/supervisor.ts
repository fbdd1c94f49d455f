import type { Unit } from '../parts/part.ts';
import { memoryOf } from '../process-table.ts';
import type { Phase } from './machine.ts';
import { checkNeeds, leaningOn } from './needs.ts';
import { Runner } from './runner.ts';

/** One process as `status` shows it. */
export type UnitStatus = {
  readonly name: string;
  readonly phase: Phase;
  readonly port: number;
  readonly version: string;
  readonly pid?: number;
  /** In bytes; 0 when it was not measured. */
  readonly memory: number;
  readonly restarts: number;
  readonly reason: string;
};

const TICK_MS = 150;
/** While all is well: a child that ends wakes us, and only an adopted one is found out about by looking. */
const CALM_TICK_MS = 600;

/** Owns processes: starts them in the order of their needs, keeps them running, stops them in the reverse order. */
export class Supervisor {
  readonly #runners = new Map<string, Runner>();
  readonly #state: string;
  readonly #onChange: () => void;
  #stopping = false;
  #wake: () => void = () => {};

  /** `onChange` is called when the set of serving processes may have changed. */
  constructor(state: string, onChange: () => void = () => {}) {
    this.#state = state;
    this.#onChange = onChange;
  }

  /** Makes these the processes that should run: adopts what lives, starts what lacks, restarts what has changed, stops the rest. Nothing once it is stopping. */
  manage(units: readonly Unit[]): void {
    if (this.#stopping) return;
    checkNeeds(units);
    const names = new Set(units.map((unit) => unit.name));
    for (const runner of this.#runners.values()) if (!names.has(runner.unit.name)) runner.remove();
    for (const unit of units) {
      const runner = this.#runners.get(unit.name);
      if (runner) {
        runner.keep(unit);
      } else {
        this.#runners.set(unit.name, new Runner(unit, this.#state, () => this.#wake()));
      }
    }
    for (const runner of this.#runners.values()) if (runner.outdated) void runner.restart();
  }

  /** Has roles, topics and the like declared again, since more may be declared than when each was started. */
  resettle(): void {
    for (const runner of this.#runners.values()) runner.resettle();
  }

  /** Runs until `stop` has stopped everything. */
  async run(): Promise<void> {
    let before = '';
    while (!(this.#stopping && this.#all('stopped'))) {
      for (const runner of this.#runners.values()) runner.tick(this.#surroundings(runner));
      this.#dropRemoved();
      const now = this.serving()
        .map((unit) => unit.name)
        .join();
      if (now !== before) this.#onChange();
      before = now;
      await this.#pause();
    }
  }

  /** Stops everything, what leans on others first. `run` returns when that is done. */
  stop(): void {
    this.#stopping = true;
    for (const runner of this.#runners.values()) runner.wanted = false;
    this.#wake();
  }

  /** Stops one in order and starts it again; resolves when it has stopped. */
  restart(name: string): Promise<void> {
    return this.#runner(name).restart();
  }

  /** SIGKILL, as an accident would. */
  kill(name: string): void {
    this.#runner(name).kill();
    this.#wake();
  }

  /** The processes that serve now and are not about to stop. */
  serving(): Unit[] {
    return [...this.#runners.values()]
      .filter((runner) => runner.state.phase === 'up' && runner.alive)
      .map((runner) => runner.unit);
  }

  /** Whether a service was found running of which it is not known yet whether it serves. */
  adopting(): boolean {
    return [...this.#runners.values()].some(
      (runner) => runner.unit.instanceOf !== undefined && runner.adopting,
    );
  }

  /** How each process is. Measuring memory takes a while, so it is done only when asked for. */
  status({ memory: measured } = { memory: false }): UnitStatus[] {
    const runners = [...this.#runners.values()];
    const memory = memoryOf(measured ? runners.flatMap((runner) => runner.pid ?? []) : []);
    return runners.map((runner) => ({
      name: runner.unit.name,
      phase: runner.state.phase,
      port: runner.unit.port,
      version: runner.unit.version,
      ...(runner.pid === undefined ? {} : { pid: runner.pid }),
      memory: memory.get(runner.pid ?? 0) ?? 0,
      restarts: runner.state.restarts,
      reason: runner.state.phase === 'up' ? '' : runner.reason,
    }));
  }

  #surroundings(runner: Runner): { needsMet: boolean; mayStop: boolean } {
    const { name, needs } = runner.unit;
    const units = [...this.#runners.values()].map((other) => other.unit);
    return {
      needsMet: needs.every((need) => this.#runners.get(need)?.everReady),
      mayStop: !this.#stopping || leaningOn(name, units).every((other) => !this.#runners.get(other)?.alive),
    };
  }

  #dropRemoved(): void {
    if (this.#stopping) return;
    for (const [name, runner] of this.#runners) {
      if (runner.removed && runner.state.phase === 'stopped') this.#runners.delete(name);
    }
  }

  #all(phase: Phase): boolean {
    return [...this.#runners.values()].every((runner) => runner.state.phase === phase);
  }

  #runner(name: string): Runner {
    const runner = this.#runners.get(name);
    if (runner) return runner;
    throw new Error(`There is no "${name}" here. There are: ${[...this.#runners.keys()].join(', ')}.`);
  }

  /** Until something happened, or the next look is due. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#all('up') ? CALM_TICK_MS : TICK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
