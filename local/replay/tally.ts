/** The counts of a replay as it goes on. Money is in cents, times in milliseconds. */
export type Tally = {
  placed: number;
  paid: number;
  undone: number;
  failed: number;
  revenue: number;
  readonly placeTimes: number[];
  readonly sagaTimes: number[];
};

/** Nothing counted yet. */
export function newTally(): Tally {
  return { placed: 0, paid: 0, undone: 0, failed: 0, revenue: 0, placeTimes: [], sagaTimes: [] };
}

/** The value that this part of the values doesn't exceed, or undefined of none. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** How it stands after so many seconds, in one line. `events` is how many records Kafka has taken in. */
export function renderTally(tally: Tally, seconds: number, events: number): string {
  const rate = (count: number) => `${(count / Math.max(seconds, 0.001)).toFixed(0)}/s`;
  const ms = (part: number) => quantile(tally.sagaTimes, part)?.toFixed(0) ?? '-';
  const troubles = [
    tally.undone > 0 ? `${tally.undone} undone` : '',
    tally.failed > 0 ? `${tally.failed} failed` : '',
  ].filter((trouble) => trouble !== '');
  return [
    `${seconds.toFixed(0).padStart(4)} s`,
    `${grouped(tally.paid)} orders paid (${rate(tally.paid)})`,
    `${grouped(events)} events (${rate(events)})`,
    `saga p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms`,
    dollars(tally.revenue),
    ...troubles,
  ].join('   ');
}

/** Cents as dollars, "$1,234.56". */
export function dollars(amount: number): string {
  const sign = amount < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(amount) / 100);
  return `${sign}$${grouped(whole)}.${String(Math.abs(amount) % 100).padStart(2, '0')}`;
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
