import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Unit } from '../parts/part.ts';
import { isAlive } from '../process-table.ts';
import { launch, type Record, recall, remember, signal } from './child.ts';
import { lastComplaint } from './logs.ts';
import { initial, type Limits, next, type Seen, type State } from './machine.ts';

const PROBE_STARTING_MS = 200;
const PROBE_UP_MS = 2_000;
const START_MS = 120_000;
/** One slow answer is no outage. */
const FAILED_PROBES = 3;

/** What the supervisor knows around one process. */
export type Surroundings = Pick<Seen, 'needsMet' | 'mayStop'>;

/** Keeps one process as it is wanted. */
export class Runner {
  unit: Unit;
  wanted = true;
  /** Whether it is to be forgotten once it has stopped. */
  removed = false;
  /** Whether it has been ready once in this supervisor's life. */
  everReady = false;
  /** Why it is not up, when that is known. */
  reason = '';
  #state: State;
  #record: Record | undefined;
  #settled = false;
  #probe = { at: 0, running: false, misses: 0, ready: false };
  #busy = false;
  /** Of a restart that is under way: settled when the process has stopped. */
  #restart: PromiseWithResolvers<void> | undefined;
  #adopted: boolean;
  #file: string;
  #log: string;
  #wake: () => void;

  constructor(unit: Unit, stateFolder: string, wake: () => void) {
    this.unit = unit;
    this.#file = join(stateFolder, 'run', `${unit.name}.json`);
    this.#log = join(stateFolder, 'logs', `${unit.name}.log`);
    this.#wake = wake;
    this.#record = recall(this.#file);
    this.#adopted = this.alive;
    this.#state = initial(this.#adopted, Date.now(), this.#record?.restarts ?? 0);
  }

  get alive(): boolean {
    return this.#record !== undefined && isAlive(this.#record);
  }

  /** Whether it was found running, and it is not known yet whether it serves. */
  get adopting(): boolean {
    return this.#adopted && this.#state.phase === 'starting' && this.alive;
  }

  get state(): State {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.alive ? this.#record?.pid : undefined;
  }

  /** Whether it runs under another command than it would be started with today. */
  get outdated(): boolean {
    return this.alive && this.#record?.fingerprint !== fingerprint(this.unit);
  }

  /** Wants it to run, as described now. */
  keep(unit: Unit): void {
    this.unit = unit;
    this.wanted = true;
    this.removed = false;
  }

  /** Declares in it again what must be declared, at the next look. */
  resettle(): void {
    this.#settled = false;
  }

  /** Wants it gone for good. */
  remove(): void {
    this.wanted = false;
    this.removed = true;
  }

  /** Stops it in order, and has it start again where it is still wanted; resolves when it has stopped. */
  restart(): Promise<void> {
    this.#restart ??= Promise.withResolvers();
    this.#wake();
    return this.#restart.promise;
  }

  /** Kills it, as an accident would. */
  kill(): void {
    if (this.#record) signal(this.#record, 'SIGKILL');
  }

  /** Looks, decides and acts once. Never throws: what goes wrong becomes the reason, and is tried again. */
  tick(surroundings: Surroundings): void {
    if (this.#busy) return;
    const seen = {
      ...surroundings,
      now: Date.now(),
      wanted: this.wanted && this.#restart === undefined,
      alive: this.alive,
      ready: this.#probe.ready,
    };
    const before = this.#state.phase;
    const { state, action } = next(this.#state, seen, this.#limits());
    this.#state = state;
    if (state.phase === 'stopped') {
      this.#restart?.resolve();
      this.#restart = undefined;
    }
    if (state.phase === 'up' && before !== 'up') {
      this.everReady = true;
      this.reason = '';
    }
    if (state.phase === 'backing-off' && before !== 'backing-off') {
      this.#forget();
      if (!this.reason)
        this.reason = lastComplaint(this.#log) ?? `it ended by itself; ${this.#log} may say why`;
    }
    if (action === 'start') void this.#start();
    if (action === 'terminate' && this.#record) signal(this.#record, 'SIGTERM');
    if (action === 'kill') this.kill();
    if (!action && seen.alive && state.phase !== 'stopping') void this.#look(seen.now);
  }

  #limits(): Limits {
    return { drainMs: this.unit.drainMs ?? 0, graceMs: this.unit.graceMs ?? 8_000, startMs: START_MS };
  }

  async #start(): Promise<void> {
    this.#busy = true;
    this.#adopted = false;
    this.#forget();
    this.reason = '';
    try {
      await this.unit.prepare?.();
      const id = await launch(this.unit.command, this.#log, this.#wake);
      this.#record = { ...id, fingerprint: fingerprint(this.unit), restarts: this.#state.restarts };
      remember(this.#file, this.#record);
    } catch (error) {
      this.reason = (error as Error).message;
    } finally {
      this.#busy = false;
      this.#wake();
    }
  }

  #forget(): void {
    this.#settled = false;
    this.#probe = { at: 0, running: false, misses: 0, ready: false };
  }

  async #settleOrCheck(): Promise<boolean> {
    if (this.#settled) return (await this.unit.healthy?.()) ?? true;
    await this.unit.settle?.();
    this.#settled = true;
    return true;
  }

  async #look(now: number): Promise<void> {
    const pause = this.#state.phase === 'up' ? PROBE_UP_MS : PROBE_STARTING_MS;
    const probe = this.#probe;
    if (probe.running || now - probe.at < pause) return;
    probe.running = true;
    probe.at = now;
    const wasReady = probe.ready;
    try {
      const ready = (await this.unit.ready()) && (await this.#settleOrCheck());
      probe.misses = ready ? 0 : probe.misses + 1;
      probe.ready = ready || (wasReady && probe.misses < FAILED_PROBES);
    } catch (error) {
      probe.ready = false;
      this.reason = (error as Error).message;
    } finally {
      probe.running = false;
    }
    if (probe === this.#probe && probe.ready !== wasReady) this.#wake();
  }
}

/** Tells one way of starting a process from another. */
export function fingerprint(unit: Unit): string {
  return createHash('sha256').update(JSON.stringify(unit.command)).digest('hex').slice(0, 16);
}
