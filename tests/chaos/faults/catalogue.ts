import type { Fault } from '../fault.ts';
import { failpointFaults } from './of-failpoints.ts';
import { partFaults } from './of-parts.ts';
import { processFaults } from './of-processes.ts';
import { recordFaults } from './of-records.ts';

/** Every fault that a round can have. */
export const faults: readonly Fault[] = [
  ...failpointFaults,
  ...processFaults,
  ...partFaults,
  ...recordFaults,
];
