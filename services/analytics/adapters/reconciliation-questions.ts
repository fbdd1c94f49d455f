import type { Range } from '../domain/windows.ts';
import type { Question } from '../ports.ts';
import type { FiguresRow } from './sales-questions.ts';

export type DepartmentRow = FiguresRow & { readonly department: string };
export type DayRow = FiguresRow & { readonly day: string };

const FIGURES = `sumIf(line.amount, entry = 'SALE') AS sold, -sumIf(line.amount, entry = 'REFUND') AS refunded,
  sum(line.units) AS units, sum(line.baskets) AS baskets, sum(line.orders) AS orders`;
/** The hour comes first in the table's order, so that only the range is read. */
const LINES = `sale_lines AS line FINAL
  WHERE toStartOfHour(event_time) >= toStartOfHour(fromUnixTimestamp64Milli({start: Int64}, 'UTC'))
    AND toStartOfHour(event_time) <= toStartOfHour(fromUnixTimestamp64Milli({end: Int64}, 'UTC'))
    AND event_time >= fromUnixTimestamp64Milli({start: Int64}, 'UTC')
    AND event_time < fromUnixTimestamp64Milli({end: Int64}, 'UTC')`;

/** The figures of each department and currency, from the sale lines. */
export function departmentTotals({ start, end }: Range): Question {
  return {
    sql: `SELECT department, currency, ${FIGURES} FROM ${LINES}
      GROUP BY department, currency ORDER BY department, currency`,
    parameters: { start, end },
  };
}

/** The figures of each day in UTC and currency, from the sale lines. */
export function dayTotals({ start, end }: Range): Question {
  return {
    sql: `SELECT toString(toDate(event_time, 'UTC')) AS day, currency, ${FIGURES.replace('line.baskets', 'line.orders')}
      FROM ${LINES} GROUP BY day, currency ORDER BY day, currency`,
    parameters: { start, end },
  };
}
