import { Counter, Gauge, Histogram } from 'prom-client';
import { unsettledStates } from '../domain/order-state.ts';
import type { CheckoutObserver } from '../ports.ts';
import { isUnsettled, type OrderDb } from './tables.ts';

const placed = new Counter({
  name: 'shopverse_order_placed_total',
  help: 'Orders placed, by sales channel.',
  labelNames: ['channel'],
});
const edges = new Counter({
  name: 'shopverse_order_checkout_edges_total',
  help: 'Edges that checkouts took, by the name they have in the table of edges.',
  labelNames: ['edge'],
});
const ignored = new Counter({
  name: 'shopverse_order_checkout_ignored_total',
  help: 'Messages that changed nothing, by message and reason. Reason "unasked" breaks a contract.',
  labelNames: ['message', 'why'],
});
const ended = new Counter({
  name: 'shopverse_order_checkouts_ended_total',
  help: 'Checkouts that came to their end, by the state they ended in and why.',
  labelNames: ['state', 'reason'],
});
const overdue = new Counter({
  name: 'shopverse_order_compensation_overdue_total',
  help: 'Times that an order being undone was still not undone when it should have been.',
});
const seconds = new Histogram({
  name: 'shopverse_order_checkout_seconds',
  help: 'Time from placing an order to the end of its checkout.',
  labelNames: ['state'],
  buckets: [0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10],
});

/**
 * Counts what checkouts come to. It is told inside the transaction, so that one which is rolled back and run again
 * counts twice: exact figures are in the events.
 */
export const checkoutMetrics: CheckoutObserver = {
  placed: ({ channel }) => placed.inc({ channel }),
  advanced(before, message, advanced) {
    if (advanced.kind === 'ignored') {
      ignored.inc({ message: message.type, why: advanced.why });
      return;
    }
    const { order, edge } = advanced;
    edges.inc({ edge: edge.name });
    if (message.type === 'CompensationDeadline') {
      overdue.inc();
    }
    if (order.state !== before.state && isEnd(order.state)) {
      ended.inc({ state: order.state, reason: order.endReason ?? 'none' });
      seconds.observe(
        { state: order.state },
        (order.updateTime.getTime() - order.createTime.getTime()) / 1000,
      );
    }
  },
};

function isEnd(state: string): boolean {
  return state !== 'CANCELLING' && !(unsettledStates as readonly string[]).includes(state);
}

/** Shows, at each scrape, how many orders of this database are in each unsettled state. */
export function showUnsettled(db: OrderDb): void {
  new Gauge({
    name: 'shopverse_order_unsettled',
    help: 'Orders that are neither sold nor undone, by state.',
    labelNames: ['state'],
    async collect() {
      const rows = await db
        .selectFrom('orders')
        .select(['state', (each) => each.fn.countAll<bigint>().as('count')])
        .where(isUnsettled)
        .groupBy('state')
        .execute();
      const counts = new Map<string, bigint>(rows.map(({ state, count }) => [state, count]));
      for (const state of unsettledStates) {
        this.set({ state }, Number(counts.get(state) ?? 0n));
      }
    },
  });
}
