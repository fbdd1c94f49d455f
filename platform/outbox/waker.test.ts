import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waker } from './waker.ts';

test('it sleeps until the time is over, or it is woken', async () => {
  const waker = new Waker(new AbortController().signal);
  assert.equal(await waker.wait(5), false);
  setTimeout(() => waker.wake(), 5);
  assert.equal(await waker.wait(5_000), true);
});

test('a wake that came while it was awake is not lost, and counts once', async () => {
  const waker = new Waker(new AbortController().signal);
  waker.wake();
  waker.wake();
  assert.equal(await waker.wait(5_000), true);
  assert.equal(await waker.wait(5), false);
});

test('an abort wakes', async () => {
  const stop = new AbortController();
  const waker = new Waker(stop.signal);
  setTimeout(() => stop.abort(), 5);
  assert.equal(await waker.wait(5_000), true);
});
