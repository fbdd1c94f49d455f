/** How long a window of a rollup is. */
export type Period = 'MINUTE' | 'HOUR' | 'DAY';

/** A stretch of time in epoch ms: `start` inclusive, `end` exclusive. */
export type Range = { readonly start: number; readonly end: number };

/** The most windows that one answer holds. */
export const MAX_WINDOWS = 2_000;

const LENGTH_MS: Readonly<Record<Period, number>> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };

/** How many windows start in the range, at most. */
export function windowsIn(range: Range, period: Period): number {
  return Math.ceil((range.end - range.start) / LENGTH_MS[period]);
}

/** The finest period in which the range is told: minutes up to a day, hours beyond. */
export function finestFor(range: Range): Period {
  return range.end - range.start <= LENGTH_MS.DAY ? 'MINUTE' : 'HOUR';
}
