import { amountOf, type Basket } from '../grocer/line.ts';
import type { Titles } from './order-basket.ts';

/** What one department sold. Money is in cents; a basket counts for each department that it has lines of. */
export type Sales = { revenue: number; units: number; baskets: number };

/** Sales by department. */
export type Departments = Map<string, Sales>;

/** What the departments sold in these baskets, by the grocer's own data. */
export function salesOf(baskets: readonly Basket[], titles: Titles): Departments {
  const departments: Departments = new Map();
  for (const basket of baskets) {
    const seen = new Set<string>();
    for (const line of basket.lines) {
      const department = titles.get(line.sku)?.path[0] ?? '';
      const sales = departments.get(department) ?? { revenue: 0, units: 0, baskets: 0 };
      sales.revenue += amountOf(line);
      sales.units += line.quantity;
      sales.baskets += seen.has(department) ? 0 : 1;
      seen.add(department);
      departments.set(department, sales);
    }
  }
  return departments;
}

/** One department on both sides, and whether they agree in all three figures. */
export type Comparison = {
  readonly department: string;
  readonly input: Sales;
  readonly found: Sales;
  readonly equal: boolean;
};

/** The departments of both sides, the highest revenue first. */
export function compare(input: Departments, found: Departments): Comparison[] {
  const none: Sales = { revenue: 0, units: 0, baskets: 0 };
  return [...new Set([...input.keys(), ...found.keys()])]
    .map((department) => {
      const [given, got] = [input.get(department) ?? none, found.get(department) ?? none];
      const equal =
        given.revenue === got.revenue && given.units === got.units && given.baskets === got.baskets;
      return { department, input: given, found: got, equal };
    })
    .sort((a, b) => b.input.revenue - a.input.revenue || a.department.localeCompare(b.department));
}
