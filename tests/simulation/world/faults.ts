import type { Random } from '../engine/random.ts';

/** How often each thing goes wrong in a run, as chances; a run has some of them and not others. */
export type Faults = {
  /** At each failpoint that is passed. */
  readonly crash: number;
  /** That a passed failpoint inside a transaction throws instead. */
  readonly throwInside: number;
  /** For each statement. */
  readonly disconnect: number;
  /** For each COMMIT. */
  readonly ambiguousCommit: number;
  /** For each record that a consumer takes up for the first time: that its handler fails once or more. */
  readonly failingHandler: number;
  /** For each batch that is sent. */
  readonly unacknowledgedSend: number;
  /** After each batch that is taken: that some of it comes again. */
  readonly redelivery: number;
  /** For each call to the payment provider. */
  readonly provider: number;
  /** For each message of the provider: that its webhook doesn't come, or more than once. */
  readonly webhook: number;
  /** For each held amount: that the hold runs out by itself. */
  readonly lostHold: number;
  /** How many times in a run, at most. */
  readonly kills: number;
  readonly stops: number;
  readonly brokerOutages: number;
  readonly databaseOutages: number;
  readonly providerOutages: number;
  readonly poison: number;
};

/** No fault at all. */
export const calm: Faults = {
  crash: 0,
  throwInside: 0,
  disconnect: 0,
  ambiguousCommit: 0,
  failingHandler: 0,
  unacknowledgedSend: 0,
  redelivery: 0,
  provider: 0,
  webhook: 0,
  lostHold: 0,
  kills: 0,
  stops: 0,
  brokerOutages: 0,
  databaseOutages: 0,
  providerOutages: 0,
  poison: 0,
};

/** The faults of one run. Each kind is missing from half the runs, so that no kind hides another. */
export function drawnFaults(random: Random): Faults {
  const some = (...values: readonly number[]) => (random.chance(0.5) ? 0 : random.pick(values));
  return {
    crash: some(0.005, 0.02, 0.05),
    throwInside: some(0.01, 0.05),
    disconnect: some(0.001, 0.005, 0.02),
    ambiguousCommit: some(0.005, 0.03),
    failingHandler: some(0.02, 0.1),
    unacknowledgedSend: some(0.05, 0.2),
    redelivery: some(0.05, 0.3),
    provider: some(0.1, 0.4),
    webhook: some(0.3, 0.8),
    lostHold: some(0.05, 0.2),
    kills: some(1, 3),
    stops: some(1, 2),
    brokerOutages: some(1),
    databaseOutages: some(1, 2),
    providerOutages: some(1),
    poison: some(1, 2),
  };
}
