import type { Range } from '../domain/windows.ts';
import type { Ask, Question } from '../ports.ts';
import type { Source } from './sales-questions.ts';

const HOUR_MS = 3_600_000;

/**
 * What a question comes to over a range. The view that it may be asked of is right always, and takes ClickHouse several
 * times as long to plan as the totals, which are as right when no fact of the range was overdue. That seldom is, so
 * the totals are asked while it is looked up.
 */
export async function askOf<R>(
  ask: Ask,
  totals: 'SALES' | 'FUNNEL',
  range: Range,
  question: (source: Source) => Question,
  signal: AbortSignal,
): Promise<R[]> {
  const [overdue, rows] = await Promise.all([
    ask<unknown>(overdueIn(totals, range), signal),
    ask<R>(question('totals'), signal),
  ]);
  return overdue.length === 0 ? rows : ask<R>(question('view'), signal);
}

function overdueIn(totals: 'SALES' | 'FUNNEL', range: Range): Question {
  return {
    sql: `SELECT minute FROM overdue_minutes
      WHERE totals = {totals: String} AND minute >= toDateTime({start: UInt32}) AND minute < toDateTime({end: UInt32})
      LIMIT 1`,
    parameters: {
      totals,
      // An hour is read whole, so a minute of it counts wherever it lies.
      start: Math.floor(Math.max(0, range.start - HOUR_MS) / 1000),
      end: Math.ceil((range.end + HOUR_MS) / 1000),
    },
  };
}
