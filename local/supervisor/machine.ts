/** What becomes of one process, as a pure function: what is seen goes in, the next state and what to do come out. */

export type Phase =
  | 'waiting' // for what it needs
  | 'starting' // runs, does not serve yet
  | 'up'
  | 'degraded' // runs, served before, does not now
  | 'backing-off' // died; starts again at `until`
  | 'draining' // out of discovery, still serving until `until`
  | 'stopping' // asked to end; killed at `until`
  | 'stopped';

export type State = {
  readonly phase: Phase;
  readonly since: number;
  readonly until?: number;
  /** Deaths in a row, since it last served for a while. */
  readonly failures: number;
  /** Starts after the first one, ever. */
  readonly restarts: number;
};

export type Seen = {
  readonly now: number;
  /** Whether it should run. */
  readonly wanted: boolean;
  /** Whether all that it needs has been ready once. */
  readonly needsMet: boolean;
  /** Whether what leans on it is gone, so that it may stop. */
  readonly mayStop: boolean;
  readonly alive: boolean;
  readonly ready: boolean;
};

export type Limits = { readonly drainMs: number; readonly graceMs: number; readonly startMs: number };
export type Action = 'start' | 'terminate' | 'kill';
export type Step = { readonly state: State; readonly action?: Action };

/** After this long in service earlier deaths are forgiven. */
const STEADY_MS = 30_000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 15_000;

/** How long to wait before the next start, after so many deaths in a row. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

/**
 * How long a process may take to serve: the longer, the oftener it was killed for being too slow. On a machine that is
 * overloaded, killing and starting again makes it only slower.
 */
function patienceOf({ failures }: State, { startMs }: Limits): number {
  return startMs * 2 ** Math.min(failures, 3);
}

/** Where a process begins when a supervisor opens its eyes: adopted when it lives already. */
export function initial(alive: boolean, now: number, restarts = 0): State {
  return { phase: alive ? 'starting' : 'waiting', since: now, failures: 0, restarts };
}

/** The next state of a process and, where something is to be done, what. */
export function next(state: State, seen: Seen, limits: Limits): Step {
  switch (state.phase) {
    case 'waiting':
      if (!seen.wanted) return move(state, 'stopped', seen);
      return seen.needsMet ? start(state, seen) : stay(state);
    case 'backing-off':
      if (seen.alive) return { state, action: 'kill' }; // it was too slow to start, and has not gone yet
      if (!seen.wanted) return move(state, 'stopped', seen);
      return seen.now >= (state.until ?? 0)
        ? start({ ...state, restarts: state.restarts + 1 }, seen)
        : stay(state);
    case 'stopped':
      return seen.wanted ? move(state, 'waiting', seen) : stay(state);
    case 'starting':
      if (!seen.alive) return died(state, seen);
      if (!seen.wanted) return leave(state, seen, limits);
      if (seen.ready) return move(state, 'up', seen);
      if (seen.now - state.since < patienceOf(state, limits)) return stay(state);
      return { ...died(state, seen), action: 'kill' };
    case 'up':
      if (!seen.alive) return died(state, seen);
      if (!seen.wanted) return leave(state, seen, limits);
      if (!seen.ready) return move(state, 'degraded', seen);
      if (state.failures > 0 && seen.now - state.since > STEADY_MS)
        return { state: { ...state, failures: 0 } };
      return stay(state);
    case 'degraded':
      if (!seen.alive) return died(state, seen);
      if (!seen.wanted) return leave(state, seen, limits);
      return seen.ready ? move(state, 'up', seen) : stay(state);
    case 'draining':
      if (!seen.alive) return move(state, 'stopped', seen);
      return seen.now >= (state.until ?? 0) ? terminate(state, seen, limits) : stay(state);
    case 'stopping':
      if (!seen.alive) return move(state, 'stopped', seen);
      if (seen.now < (state.until ?? 0)) return stay(state);
      return { state: { ...state, until: seen.now + 1_000 }, action: 'kill' };
    default:
      return state.phase satisfies never;
  }
}

function stay(state: State): Step {
  return { state };
}

function move(state: State, phase: Phase, seen: Seen): Step {
  const { until: _, ...rest } = state;
  return { state: { ...rest, phase, since: seen.now } };
}

function start(state: State, seen: Seen): Step {
  return { ...move(state, 'starting', seen), action: 'start' };
}

function died(state: State, seen: Seen): Step {
  if (!seen.wanted) return move(state, 'stopped', seen);
  const failures = state.failures + 1;
  const until = seen.now + pauseAfter(failures);
  return { state: { ...state, phase: 'backing-off', since: seen.now, until, failures } };
}

function leave(state: State, seen: Seen, limits: Limits): Step {
  if (!seen.mayStop) return stay(state);
  if (limits.drainMs === 0 || state.phase === 'starting') return terminate(state, seen, limits);
  return { state: { ...state, phase: 'draining', since: seen.now, until: seen.now + limits.drainMs } };
}

function terminate(state: State, seen: Seen, limits: Limits): Step {
  return {
    state: { ...state, phase: 'stopping', since: seen.now, until: seen.now + limits.graceMs },
    action: 'terminate',
  };
}
