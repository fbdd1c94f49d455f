import { renderTable } from '../../local/table.ts';
import type { Played } from './round.ts';

/** A row a fault: how often it was played, on how many orders, and what came of it. */
export function renderReport(played: readonly Played[]): string {
  const head = [
    'ROW',
    'FAULT',
    'ROUNDS',
    'ORDERS',
    'PAID',
    'UNDONE',
    'QUIET AFTER',
    'AVAILABILITY',
    'SLOWEST',
    'VIOLATIONS',
  ];
  const groups = Map.groupBy(played, ({ fault }) => fault.name);
  const rows = [...groups].map(([name, own]) => {
    const sum = (of: (each: Played) => number) => own.reduce((total, each) => total + of(each), 0);
    const most = (of: (each: Played) => number) => Math.max(...own.map(of));
    return [
      own[0]?.fault.row ?? '',
      name,
      String(own.length),
      String(sum(({ takings }) => takings.orders)),
      String(sum(({ takings }) => takings.paid)),
      String(sum(({ takings }) => takings.undone)),
      `${(most(({ quietMs }) => quietMs) / 1_000).toFixed(1)} s`,
      availabilityOf(own),
      `${(most(({ takings }) => Math.max(0, ...takings.placeTimes)) / 1_000).toFixed(1)} s`,
      String(sum(({ violations }) => violations.length)),
    ];
  });
  return renderTable([head, ...rows]);
}

/** The share of calls to place an order that were answered well, repeats being calls of their own. */
export function availabilityOf(played: readonly Played[]): string {
  const calls = played.reduce((sum, { takings }) => sum + takings.calls, 0);
  const failed = played.reduce((sum, { takings }) => sum + takings.callsFailed, 0);
  return calls === 0 ? '-' : `${(100 * (1 - failed / calls)).toFixed(1)}%`;
}
