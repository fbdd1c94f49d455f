import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere } from '../files.ts';
import type { Unit } from '../parts/part.ts';
import { until } from './client.ts';
import { leftovers } from './leftovers.ts';
import { Supervisor } from './supervisor.ts';

let state: string;
let stop: () => Promise<void>;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'shopverse-supervisor-'));
});
afterEach(async () => {
  await stop();
  rmSync(state, { recursive: true, force: true });
});

/** A running supervisor, which ends with the test. */
function supervise(units: readonly Unit[]): Supervisor {
  const supervisor = new Supervisor(state);
  supervisor.manage(units);
  const done = supervisor.run();
  stop = () => {
    supervisor.stop();
    return done;
  };
  return supervisor;
}

/** A process that writes down when it starts and when it is asked to end, and does nothing else. */
function dummy(name: string, needs: readonly string[] = []): Unit {
  const journal = join(state, 'journal');
  const script = `echo "${name} started" >> ${journal}
    trap 'echo "${name} stopped" >> ${journal}; exit 0' TERM
    while :; do sleep 0.05; done`;
  return {
    name,
    needs,
    version: '1',
    port: 1,
    command: { file: '/bin/sh', args: ['-c', script], cwd: state },
    ready: async () => journalLines().includes(`${name} started`),
  };
}

function journalLines(): string[] {
  return (readIfThere(join(state, 'journal')) ?? '').split('\n').filter(Boolean);
}

async function allUp(supervisor: Supervisor, count: number): Promise<void> {
  const so = await until(10_000, async () => supervisor.serving().length === count);
  assert.ok(so, `not all up: ${JSON.stringify(supervisor.status())}`);
}

test('what others need starts first and stops last', async () => {
  const supervisor = supervise([dummy('order', ['kafka']), dummy('kafka')]);
  await allUp(supervisor, 2);
  await stop();
  assert.deepEqual(journalLines(), ['kafka started', 'order started', 'order stopped', 'kafka stopped']);
});

test('a plan made while all is being stopped starts nothing again', async () => {
  const supervisor = supervise([dummy('kafka')]);
  await allUp(supervisor, 1);
  supervisor.stop();
  supervisor.manage([dummy('kafka')]);
  await stop();
  assert.deepEqual(journalLines(), ['kafka started', 'kafka stopped']);
});

test('what is killed comes back, and the restart is counted', async () => {
  const supervisor = supervise([dummy('kafka')]);
  await allUp(supervisor, 1);
  const first = supervisor.status()[0]?.pid;
  supervisor.kill('kafka');
  await until(10_000, async () => supervisor.status()[0]?.pid !== first && supervisor.serving().length === 1);
  assert.notEqual(supervisor.status()[0]?.pid, first);
  assert.equal(supervisor.status()[0]?.restarts, 1);
});

test('a restart is done once it has stopped, however often a plan is made meanwhile', async () => {
  const slow = { ...dummy('kafka'), drainMs: 300 };
  const supervisor = supervise([slow, dummy('redis')]);
  await allUp(supervisor, 2);
  const planning = setInterval(() => {
    supervisor.manage([slow, dummy('redis')]);
    supervisor.kill('redis'); // Whatever ends makes the supervisor look at all of them at once.
  }, 5);
  try {
    const done = supervisor.restart('kafka').then(() => true);
    assert.ok(await Promise.race([done, sleep(5_000, false)]), 'the restart never came to its end');
  } finally {
    clearInterval(planning);
  }
  await allUp(supervisor, 2);
  assert.equal(journalLines().filter((line) => line === 'kafka started').length, 2);
});

test('one that is no longer in the plan is stopped, one whose command has changed is restarted', async () => {
  const supervisor = supervise([dummy('kafka'), dummy('redis')]);
  await allUp(supervisor, 2);
  const changed = dummy('redis');
  supervisor.manage([{ ...changed, command: { ...changed.command, env: { NEW: '1' } } }]);
  const so = await until(
    10_000,
    async () => journalLines().filter((line) => line === 'redis started').length === 2,
  );
  assert.ok(so, 'redis was not restarted');
  await allUp(supervisor, 1);
  assert.deepEqual(leftovers(state), ['redis']);
});

test('the processes of a supervisor that was killed are adopted by the next', async () => {
  const unit = dummy('kafka');
  const first = superviseElsewhere(unit);
  await until(10_000, async () => leftovers(state).includes('kafka') && journalLines().length === 1);
  first.kill('SIGKILL');

  const supervisor = supervise([unit]);
  await allUp(supervisor, 1);
  assert.deepEqual(journalLines(), ['kafka started']);
  await stop();
  assert.deepEqual(journalLines(), ['kafka started', 'kafka stopped']);
});

function superviseElsewhere(unit: Unit): ChildProcess {
  const code = `
    const { Supervisor } = await import(${JSON.stringify(join(import.meta.dirname, 'supervisor.ts'))});
    const supervisor = new Supervisor(${JSON.stringify(state)});
    supervisor.manage([{ ...${JSON.stringify(unit)}, ready: async () => true }]);
    await supervisor.run();`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
}
