/** When an instance is left out for a while. */
export type OutlierPolicy = {
  /** So many calls in a row that were UNAVAILABLE. */
  readonly errorsInARow: number;
  /** For how long, the first time; the nth time n times as long. Milliseconds. */
  readonly ejectionMs: number;
  /** At most this share of the instances at once, out of 100. */
  readonly mostPercent: number;
};

/** Which of a peer's instances are left out now, by address. */
export type Outliers = {
  /** These are all. */
  known(addresses: readonly string[]): void;
  isOut(address: string): boolean;
  /** A call to an instance ended. */
  ended(address: string, unavailable: boolean): void;
  /** How many there are. */
  count(): number;
};

type Record = { errors: number; times: number; outUntil: number };

/** Judges a peer's instances by the policy of the moment; without one none is ever left out. */
export function createOutliers(policy: () => OutlierPolicy | undefined, now: () => number): Outliers {
  const records = new Map<string, Record>();

  function roomForOneMore(mostPercent: number): boolean {
    const at = now();
    const out = [...records.values()].filter(({ outUntil }) => outUntil > at).length;
    return (out + 1) * 100 <= records.size * mostPercent;
  }

  return {
    known: (addresses) => {
      const kept = new Set(addresses);
      for (const address of records.keys()) {
        if (!kept.has(address)) {
          records.delete(address);
        }
      }
      for (const address of addresses) {
        if (!records.has(address)) {
          records.set(address, { errors: 0, times: 0, outUntil: 0 });
        }
      }
    },
    isOut: (address) => (records.get(address)?.outUntil ?? 0) > now(),
    ended: (address, unavailable) => {
      const record = records.get(address);
      const rule = policy();
      if (record === undefined || rule === undefined) {
        return;
      }
      if (!unavailable) {
        record.errors = 0;
        return;
      }
      record.errors += 1;
      if (
        record.errors >= rule.errorsInARow &&
        record.outUntil <= now() &&
        roomForOneMore(rule.mostPercent)
      ) {
        record.errors = 0;
        record.times += 1;
        record.outUntil = now() + rule.ejectionMs * record.times;
      }
    },
    count: () => records.size,
  };
}
