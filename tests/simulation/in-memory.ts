import assert from 'node:assert/strict';
import { replaceTimeAndChance, surroundWith } from './engine/surroundings.ts';
import { memoryDatabase } from './memory/connection.ts';
import { Coverage } from './world/coverage.ts';
import { asProcess, enter, type Life, World } from './world/world.ts';

/** A service whose database is simulated. */
type Simulated = Life['replica']['service'];

replaceTimeAndChance();

/**
 * Runs `body` as a process of a simulated world in which nothing goes wrong, with the service's database in memory.
 * Fails when it waits for what never comes.
 */
export async function inMemory<T>(
  service: Simulated,
  body: (database: ReturnType<typeof memoryDatabase<T>>) => Promise<void>,
): Promise<void> {
  const world = new World(1, new Coverage(), { takesNotes: false });
  world.heal();
  const { scheduler, servers, chance } = world;
  const instance = `${service}-1`;
  const replica = { service, instance, life: undefined };
  const life: Life = { name: instance, alive: true, stoppedUntil: 0, replica, connections: new Set() };
  const clock = { now: () => new Date() };
  const source = { service, clock, ids: { uuid: () => world.uuid() } };
  const server = servers[service];
  const database = memoryDatabase<T>(server, world.lineFrom(life, server), source, () => {});
  let outcome: { readonly error?: unknown } | undefined;
  surroundWith({ scheduler, random: chance.code, timerGrainMs: 0 });
  enter(world);
  try {
    const end = (error?: unknown) => {
      outcome = error === undefined ? {} : { error };
    };
    asProcess(life, () => void body(database).then(() => end(), end));
    await scheduler.run(() => outcome !== undefined, Number.POSITIVE_INFINITY, 0);
  } finally {
    enter(undefined);
    surroundWith(undefined);
  }
  assert.ok(outcome !== undefined, 'it waits for what never comes');
  if ('error' in outcome) {
    throw outcome.error;
  }
}
