import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GRACE_MS, judgeRefresh, type Session } from './session.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const session = (over: Partial<Session> = {}): Session => ({
  generation: 5,
  rotateTime: ago(GRACE_MS + 1),
  expireTime: new Date(NOW.getTime() + 1),
  ended: false,
  ...over,
});

test('the newest token rotates, and no other does', () => {
  assert.equal(judgeRefresh(session(), 5, NOW), 'rotate');
  assert.equal(judgeRefresh(session(), 6, NOW), 'invalid');
});

test('the grace is for the previous token only, and ends', () => {
  const fresh = session({ rotateTime: ago(GRACE_MS) });
  assert.equal(judgeRefresh(fresh, 4, NOW), 'repeat');
  assert.equal(judgeRefresh(fresh, 3, NOW), 'reused');
  assert.equal(judgeRefresh(session(), 4, NOW), 'reused');
});

test('an ended or expired session takes no token, and is not ended again', () => {
  for (const over of [{ ended: true }, { expireTime: NOW }]) {
    for (const generation of [1, 4, 5, 6]) {
      assert.equal(judgeRefresh(session(over), generation, NOW), 'invalid');
    }
  }
});

test('I-61 however tokens are replayed, one generation at most can be renewed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pick: fc.nat(20), wait: fc.constantFrom(0, 1, GRACE_MS, GRACE_MS + 1) }), {
        maxLength: 40,
      }),
      (replays) => {
        let now = NOW.getTime();
        let state = session({ generation: 1, rotateTime: NOW, expireTime: new Date(NOW.getTime() + 1e9) });
        for (const { pick, wait } of replays) {
          now += wait;
          const presented = 1 + (pick % state.generation);
          const verdict = judgeRefresh(state, presented, new Date(now));
          if (verdict === 'rotate') {
            assert.equal(presented, state.generation);
            state = { ...state, generation: state.generation + 1, rotateTime: new Date(now) };
          } else if (verdict === 'reused') {
            state = { ...state, ended: true };
          }
          const live = Array.from({ length: state.generation }, (_, i) => i + 1).filter(
            (generation) => judgeRefresh(state, generation, new Date(now)) === 'rotate',
          );
          assert.ok(live.length <= 1);
        }
      },
    ),
  );
});
