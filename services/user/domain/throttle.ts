/** How many failed log-ins in a row are free. */
export const FREE_FAILURES = 5;
/** The longest wait, so that nobody can lock somebody else out for good. Milliseconds. */
export const LONGEST_WAIT_MS = 30_000;
/** After this long without a failure the count starts anew. Milliseconds. */
export const FORGET_MS = 15 * 60_000;

/** The failed log-ins of one address in a row. */
export type Failures = { readonly count: number; readonly lastTime: Date };

/** For how long the next try has to wait: doubles with each failure past the free ones. Milliseconds, 0 for none. */
export function waitBefore(failures: Failures | undefined, now: Date): number {
  if (failures === undefined || failures.count < FREE_FAILURES) {
    return 0;
  }
  const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures.count - FREE_FAILURES));
  return Math.max(0, failures.lastTime.getTime() + wait - now.getTime());
}
