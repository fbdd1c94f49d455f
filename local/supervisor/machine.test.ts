import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { initial, next, type Phase, pauseAfter, type Seen, type State } from './machine.ts';

const LIMITS = { drainMs: 500, graceMs: 8_000, startMs: 60_000 };
const WELL: Seen = { now: 1_000, wanted: true, needsMet: true, mayStop: true, alive: true, ready: true };

function at(phase: Phase, more: Partial<State> = {}): State {
  return { phase, since: 1_000, failures: 0, restarts: 0, ...more };
}

test('it starts only when what it needs has been ready', () => {
  const waiting = at('waiting');
  assert.equal(next(waiting, { ...WELL, alive: false, needsMet: false }, LIMITS).action, undefined);
  assert.equal(next(waiting, { ...WELL, alive: false }, LIMITS).action, 'start');
});

test('a living process is adopted, not started again', () => {
  const step = next(initial(true, 0), WELL, LIMITS);
  assert.equal(step.action, undefined);
  assert.equal(step.state.phase, 'up');
});

test('a death is followed by a pause, then a start that is counted', () => {
  const dead = next(at('up'), { ...WELL, alive: false }, LIMITS).state;
  assert.equal(dead.phase, 'backing-off');
  const early = next(dead, { ...WELL, alive: false, now: 1_001 }, LIMITS);
  assert.equal(early.action, undefined);
  const due = next(dead, { ...WELL, alive: false, now: dead.until ?? 0 }, LIMITS);
  assert.deepEqual([due.action, due.state.restarts], ['start', 1]);
});

test('pauses grow with each death in a row, up to a limit, and half a minute in service forgives', () => {
  const pauses = [1, 2, 3, 10, 50].map(pauseAfter);
  assert.deepEqual(
    pauses,
    [...pauses].sort((a, b) => a - b),
  );
  assert.equal(pauses.at(-1), 15_000);
  assert.equal(next(at('up', { failures: 5 }), { ...WELL, now: 40_000 }, LIMITS).state.failures, 0);
});

test('what no longer answers is degraded, and up again when it does', () => {
  const degraded = next(at('up'), { ...WELL, ready: false }, LIMITS).state;
  assert.equal(degraded.phase, 'degraded');
  assert.equal(next(degraded, WELL, LIMITS).state.phase, 'up');
});

test('it leaves discovery first, then is asked to end, and is killed only after its grace', () => {
  const unwanted = { ...WELL, wanted: false };
  const draining = next(at('up'), unwanted, LIMITS);
  assert.deepEqual([draining.state.phase, draining.action], ['draining', undefined]);
  const asked = next(draining.state, { ...unwanted, now: 1_500 }, LIMITS);
  assert.deepEqual([asked.state.phase, asked.action], ['stopping', 'terminate']);
  assert.equal(next(asked.state, { ...unwanted, now: 9_499 }, LIMITS).action, undefined);
  assert.equal(next(asked.state, { ...unwanted, now: 9_500 }, LIMITS).action, 'kill');
  assert.equal(next(asked.state, { ...unwanted, alive: false, now: 2_000 }, LIMITS).state.phase, 'stopped');
});

test('it stays up while others lean on it', () => {
  assert.equal(next(at('up'), { ...WELL, wanted: false, mayStop: false }, LIMITS).state.phase, 'up');
});

test('a start that never gets ready is killed and tried again', () => {
  const step = next(at('starting'), { ...WELL, ready: false, now: 62_000 }, LIMITS);
  assert.deepEqual([step.state.phase, step.action], ['backing-off', 'kill']);
});

test('one that was killed for being slow is given twice the time, so that an overloaded machine comes up at all', () => {
  const slow = at('starting', { failures: 2 });
  assert.equal(next(slow, { ...WELL, ready: false, now: 240_999 }, LIMITS).action, undefined);
  assert.equal(next(slow, { ...WELL, ready: false, now: 242_000 }, LIMITS).action, 'kill');
});

test('whatever happens: never started twice, never killed before it was asked', () => {
  const seen = fc.record({
    wanted: fc.boolean(),
    needsMet: fc.boolean(),
    mayStop: fc.boolean(),
    dies: fc.boolean(),
    ready: fc.boolean(),
    later: fc.integer({ min: 1, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 60 }), (history) => {
      let state = initial(false, 0);
      let alive = false;
      let asked = false;
      let now = 0;
      for (const { dies, later, ...what } of history) {
        now += later;
        if (dies) alive = false;
        const step = next(state, { ...what, now, alive }, LIMITS);
        if (step.action === 'start') {
          assert.equal(alive, false);
          alive = true;
          asked = false;
        }
        if (step.action === 'terminate') asked = true;
        if (step.action === 'kill') {
          assert.ok(asked || state.phase === 'starting' || state.phase === 'backing-off');
          alive = dies;
        }
        state = step.state;
      }
    }),
  );
});
