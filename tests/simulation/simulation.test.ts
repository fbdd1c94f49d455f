import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs } from './bugs.ts';
import { runSeeds } from './run-seeds.ts';
import { tryBug } from './try-bugs.ts';

test('the invariants hold in simulated checkouts whatever goes wrong', async () => {
  const { failures } = await runSeeds({ from: 1, count: 200, threads: 2 });
  assert.deepEqual(
    failures,
    [],
    `./shopverse prove simulation --seed ${failures[0]?.seed} shows what happened`,
  );
});

test('the same seeds give the same histories, on however many threads', async () => {
  const one = await runSeeds({ from: 50, count: 30, threads: 1 });
  const two = await runSeeds({ from: 50, count: 30, threads: 2 });
  assert.equal(one.digest, two.digest);
  assert.equal(one.events, two.events);
  const other = await runSeeds({ from: 51, count: 30, threads: 1 });
  assert.notEqual(one.digest, other.digest);
});

test('I-33 a relay that goes by when transactions began is found out', async () => {
  const bug = bugs.find(({ what }) => what.includes('in which transactions began'));
  assert.ok(bug !== undefined);
  const { seed, violation } = await tryBug(bug, 600);
  assert.ok(seed !== undefined, 'no seed has found it');
  assert.match(violation, /^I-33 /);
});
