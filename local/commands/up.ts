import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { install } from '../install/artefact.ts';
import { installPrograms } from '../install/programs.ts';
import { say } from '../install/progress.ts';
import { PARTS } from '../parts/catalogue.ts';
import { jobsJar, release } from '../parts/flink/jar.ts';
import { buildTheRest } from '../parts/in-background.ts';
import { noteSources } from '../services/sources.ts';
import type { Stack } from '../stack.ts';
import { askStatus, ensureSupervisor, type SupervisorStatus } from '../supervisor/client.ts';
import { leftovers } from '../supervisor/leftovers.ts';
import { takenPorts } from '../supervisor/taken-ports.ts';
import { renderWelcome } from './up/welcome.ts';

export const summary = 'starts everything, installing what is missing; changes nothing where all is well';
export const usage = '[--no-replay] [--json]';

const PATIENCE_MS = 180_000;
const GONE = 'The supervisor is gone. ./shopverse logs supervisor says why; up starts it again.';

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { 'no-replay': { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const atRest = (await askStatus(stack)) === undefined && leftovers(stack.state).length === 0;
  if (atRest) await refuseTakenPorts(stack);
  await installAll(stack);
  noteSources(stack);
  await ensureSupervisor(stack);
  const began = Date.now();
  await waitUntilUp(stack);
  const took = Date.now() - began;
  const late = (await currentStatus(stack)).units.filter((unit) => unit.phase !== 'up');
  for (const unit of late) say(`  ${unit.name} is not up: ${unit.reason || unit.phase}`);
  const replays = atRest && late.length === 0 && !values['no-replay'] && !values.json;
  const replayed = replays ? await shortReplay(stack) : 0;
  const status = await currentStatus(stack);
  console.log(values.json ? JSON.stringify(status) : renderWelcome(stack, status, took));
  return late.length > 0 ? 1 : replayed;
}

async function currentStatus(stack: Stack): Promise<SupervisorStatus> {
  const status = await askStatus(stack, 'memory');
  if (!status) throw new Error(GONE);
  return status;
}

async function refuseTakenPorts(stack: Stack): Promise<void> {
  const taken = await takenPorts(stack);
  if (taken.length === 0) return;
  const names = taken.slice(0, 5).join(', ');
  throw new Error(
    `Something else listens on ${names}${taken.length > 5 ? ' and others' : ''}, another clone’s stack perhaps. Try: ./shopverse up --port-base 12000`,
  );
}

async function installAll(stack: Stack): Promise<void> {
  mkdirSync(join(stack.state, 'logs'), { recursive: true });
  await installPrograms(PARTS.flatMap((part) => part.programs ?? []));
  const jobs = jobsJar(stack.root);
  const artefacts = [...PARTS.flatMap((part) => part.artefacts ?? []), ...(jobs ? [jobs] : [])];
  await Promise.all(artefacts.map((artefact) => install(stack.cache, artefact)));
  if (jobs) release(stack, jobs);
  buildTheRest(stack);
}

/** Tells what is still being waited for, until all is up or it takes too long. */
async function waitUntilUp(stack: Stack): Promise<void> {
  const began = Date.now();
  let nextWord = 2_000;
  for (;;) {
    const status = await askStatus(stack);
    if (!status) throw new Error(GONE);
    const waiting = status.units.filter((unit) => unit.phase !== 'up');
    const hopeless =
      waiting.length > 0 && waiting.every((unit) => unit.phase === 'backing-off' && unit.restarts > 3);
    const elapsed = Date.now() - began;
    if (waiting.length === 0 || hopeless || elapsed > PATIENCE_MS) return;
    if (elapsed > nextWord) {
      say(
        `  ${(elapsed / 1000).toFixed(0).padStart(3)} s  waiting for ${waiting.map((unit) => unit.name).join(', ')}`,
      );
      nextWord = elapsed + 4_000;
    }
    await sleep(200);
  }
}

/** The platform doing its main job. */
async function shortReplay(stack: Stack): Promise<number> {
  say('\n  Everything is up. A short stretch of real baskets, to see it work:');
  const replay = await import('./replay.ts');
  return replay.run(['--short'], stack);
}
