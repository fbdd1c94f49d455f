import type { Checkout } from './world/checkouts.ts';
import type { ToldFacts } from './world/facts.ts';

/** What ClickHouse says that an order brought in, as `USD 1234` in minor units, by order. */
export type SoldByOrder = ReadonlyMap<string, string>;

/** I-17: every place that tells another total of an order than the order itself. Without `sold` ClickHouse is left out. */
export function otherTotals(
  checkouts: readonly Checkout[],
  facts: Pick<ToldFacts, 'orders'>,
  sold: SoldByOrder | undefined,
): string[] {
  return checkouts.flatMap(({ order, payment }) => {
    const total = `${order.currency} ${order.total}`;
    const told = facts.orders.get(order.order_id);
    const places: Record<string, string | undefined> = {
      OrderPlaced: told?.placed ?? 'nothing',
      PaymentRequested: told?.requested,
      OrderConfirmed: told?.confirmed,
      OrderPaid: told?.paid,
      payment: payment && `${payment.currency} ${payment.amount}`,
      ClickHouse:
        sold !== undefined && payment !== undefined && payment.captured > 0n
          ? (sold.get(order.order_id) ?? 'nothing')
          : undefined,
    };
    return Object.entries(places).flatMap(([place, value]) =>
      value === undefined || value === total ? [] : [`${order.order_id}: ${total}, by ${place} ${value}`],
    );
  });
}
