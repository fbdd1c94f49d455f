import { FailpointError, type Point } from '#platform/failpoint/failpoint.ts';
import { currentLife, world } from './world.ts';

/** Has the process die here, or the work fail, as the seed says. */
export function passFailpoint(step: string, point: Point): Promise<void> | undefined {
  const { faults, chance, coverage } = world();
  const life = currentLife();
  coverage.pass(`${step} ${point}`);
  // Calls to the provider are few, and the places around them the most delicate.
  const chanceToDie = faults.crash * (/^payment\.(authorise|capture|void|refund)$/.test(step) ? 8 : 1);
  if (life !== undefined && chance.faults.chance(chanceToDie)) {
    coverage.crash(`${step} ${point}`);
    world().crash(life, `at ${point} of ${step}`);
    return new Promise(() => {});
  }
  if (point === 'P2' && chance.faults.chance(faults.throwInside)) {
    return Promise.reject(new FailpointError('The seed has this fail here.'));
  }
  return undefined;
}
