/** Something that a visitor did: when by their clock, and what, which the domain doesn't look into. */
export type Behaviour<F> = { readonly id: string; readonly time: Date; readonly fact: F };

/** Why a batch can't be taken as it is. `index` is the event's place in it. */
export type Fault =
  | { readonly kind: 'repeated id'; readonly index: number }
  | { readonly kind: 'time out of range'; readonly index: number };

const DAY_MS = 86_400_000;

/** Every fault of a batch: ids that come twice, and times more than a day from `now`. */
export function faultsOf(events: readonly Behaviour<unknown>[], now: Date): Fault[] {
  const ids = new Set<string>();
  const faults: Fault[] = [];
  for (const [index, { id, time }] of events.entries()) {
    if (ids.has(id)) faults.push({ kind: 'repeated id', index });
    ids.add(id);
    const away = Math.abs(time.getTime() - now.getTime());
    if (!(away <= DAY_MS)) faults.push({ kind: 'time out of range', index });
  }
  return faults;
}
