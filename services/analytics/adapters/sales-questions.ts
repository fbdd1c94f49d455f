import type { Period, Range } from '../domain/windows.ts';
import type { Question } from '../ports.ts';

/** Figures as they come from ClickHouse: 64-bit integers in decimal. */
export type FiguresRow = {
  readonly currency: string;
  readonly sold: string;
  readonly refunded: string;
  readonly units: string;
  readonly baskets: string;
  readonly orders: string;
};
export type PointRow = FiguresRow & { readonly start: number; readonly department: string };
export type ProductRow = FiguresRow & {
  readonly sku: string;
  readonly title: string;
  readonly department: string;
};

const FIGURES = `sum(total.sold) AS sold, sum(total.refunded) AS refunded, sum(total.units) AS units,
  sum(total.baskets) AS baskets, sum(total.orders) AS orders`;
/** Where departments aren't told apart, an order is one basket. */
const FIGURES_OF_ALL = FIGURES.replace('total.baskets', 'total.orders');
/** Where figures are read from: the totals alone, or the view that also computes windows with an overdue fact. */
export type Source = 'totals' | 'view';
const REVENUE: Readonly<Record<Source, string>> = {
  totals: 'revenue_totals AS total FINAL',
  view: 'revenue AS total',
};
const PRODUCTS: Readonly<Record<Source, string>> = {
  totals: 'product_totals AS total FINAL',
  view: 'products AS total',
};
const IN_RANGE = 'window_start >= toDateTime({start: UInt32}) AND window_start < toDateTime({end: UInt32})';

/** The figures of each currency, from hours. */
export function salesSummary(source: Source, range: Range): Question {
  return {
    sql: `SELECT currency, ${FIGURES_OF_ALL} FROM ${REVENUE[source]}
      WHERE period = 'HOUR' AND ${IN_RANGE} GROUP BY currency ORDER BY currency`,
    parameters: seconds(range),
  };
}

/** The figures of each window, oldest first, and of each department if these are told apart. */
export function revenueSeries(
  source: Source,
  range: Range,
  by: { period: Period; currency: string; department: boolean },
): Question {
  const window = by.period === 'DAY' ? 'toStartOfDay(window_start)' : 'window_start';
  const [department, figures] = by.department ? ['department', FIGURES] : ["''", FIGURES_OF_ALL];
  return {
    sql: `SELECT toUnixTimestamp(${window}) AS start, ${department} AS department, currency, ${figures}
      FROM ${REVENUE[source]}
      WHERE period = {period: String} AND currency = {currency: String} AND ${IN_RANGE}
      GROUP BY start, department, currency ORDER BY start, department`,
    parameters: {
      ...seconds(range),
      period: by.period === 'DAY' ? 'HOUR' : by.period,
      currency: by.currency,
    },
  };
}

/** The products that took the most, from hours. An empty department stands for all. */
export function topProducts(
  source: Source,
  range: Range,
  by: { currency: string; department: string; rank: 'revenue' | 'units'; limit: number },
): Question {
  const rank = by.rank === 'units' ? 'units' : 'sold - refunded';
  return {
    sql: `SELECT sku, currency, argMax(total.title, window_start) AS title,
        argMax(total.department, window_start) AS department, ${FIGURES}
      FROM ${PRODUCTS[source]}
      WHERE currency = {currency: String} AND ${IN_RANGE}
        AND ({department: String} = '' OR total.department = {department: String})
      GROUP BY sku, currency ORDER BY ${rank} DESC, sku LIMIT {limit: UInt16}`,
    parameters: { ...seconds(range), currency: by.currency, department: by.department, limit: by.limit },
  };
}

/** ClickHouse's DateTime counts whole seconds; a window starts on one. */
function seconds(range: Range): { start: number; end: number } {
  return { start: Math.ceil(range.start / 1000), end: Math.ceil(range.end / 1000) };
}
