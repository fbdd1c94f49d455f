import { type Behaviour, type Fault, faultsOf } from '../domain/batch.ts';
import type { Appended, BehaviourLog, Visit } from '../ports.ts';

/** What became of a batch. A refused one was not written, not even in part. */
export type Published = Appended | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

/** Writes a batch of a visit's events to the log, all or, where it is faulty, none. */
export async function publishBehaviour<F>(
  { log, now }: { readonly log: BehaviourLog<F>; readonly now: Date },
  visit: Visit,
  events: readonly Behaviour<F>[],
): Promise<Published> {
  const faults = faultsOf(events, now);
  return faults.length > 0 ? { kind: 'refused', faults } : log.append(visit, events);
}
