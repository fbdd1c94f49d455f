import type { YearLeftOut } from '../../grocer/year.ts';
import type { Comparison } from '../../replay/departments.ts';
import { dollars } from '../../replay/tally.ts';

const SHOWN = 8;

/** The comparison as a table: the largest departments, all that differ, and the sum. */
export function renderComparison(comparison: readonly Comparison[]): string {
  const shown = comparison.filter((each, index) => index < SHOWN || !each.equal);
  const rest = comparison.length - shown.length;
  const rows = shown.map(({ department, input, found, equal }) => [
    department,
    dollars(input.revenue),
    dollars(found.revenue),
    `${input.units}`,
    `${found.units}`,
    `${input.baskets}`,
    `${found.baskets}`,
    equal ? 'equal' : 'DIFFERS',
  ]);
  const header = ['department', 'revenue in', 'out', 'units in', 'out', 'baskets in', 'out', ''];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map((cell, column) =>
        column === 0 || column === 7 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()}`;
  const sums = comparison.reduce(
    (sum, { input, found }) => ({ in: sum.in + input.revenue, out: sum.out + found.revenue }),
    { in: 0, out: 0 },
  );
  const differing = comparison.filter((each) => !each.equal).length;
  const verdict =
    differing === 0
      ? `All ${comparison.length} departments are equal in revenue, units and baskets: ${dollars(sums.out)} in all.`
      : `${differing} of ${comparison.length} departments differ: ${dollars(sums.in)} in, ${dollars(sums.out)} out.`;
  const more = rest > 0 ? [`  and ${rest} more, all equal`] : [];
  return [line(header), ...rows.map(line), ...more, '', verdict].join('\n');
}

/** What of the data set no order can be made of, in a sentence. */
export function renderLeftOut(leftOut: YearLeftOut): string {
  const parts = Object.entries(leftOut).map(
    ([reason, { rows, cents }]) => `${rows.toLocaleString('en')} ${reason} (${dollars(cents)})`,
  );
  return `Left out of the whole year: ${parts.join(', ')}.`;
}
