import type { Range } from '../domain/windows.ts';
import type { Ask } from '../ports.ts';
import type { Source } from './sales-questions.ts';

const HOUR_MS = 3_600_000;

/**
 * Where a range is best read from. The view is right always, and takes ClickHouse several times as long to plan as the
 * totals, which are as right when no fact of the range was overdue.
 */
export async function sourceFor(
  ask: Ask,
  totals: 'SALES' | 'FUNNEL',
  range: Range,
  signal: AbortSignal,
): Promise<Source> {
  const overdue = await ask<unknown>(
    {
      sql: `SELECT minute FROM overdue_minutes
        WHERE totals = {totals: String} AND minute >= toDateTime({start: UInt32}) AND minute < toDateTime({end: UInt32})
        LIMIT 1`,
      parameters: {
        totals,
        // An hour is read whole, so a minute of it counts wherever it lies.
        start: Math.floor(Math.max(0, range.start - HOUR_MS) / 1000),
        end: Math.ceil((range.end + HOUR_MS) / 1000),
      },
    },
    signal,
  );
  return overdue.length === 0 ? 'totals' : 'view';
}
