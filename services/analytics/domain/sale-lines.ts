import { apportion } from './apportion.ts';

/** An order as far as sale lines are made of it. Amounts are in minor units. */
export type PlacedOrder = {
  readonly lines: readonly { readonly department: string; readonly units: bigint; readonly amount: bigint }[];
  readonly discount: bigint;
  readonly shipping: bigint;
  readonly tax: bigint;
};

/** Of what was captured for an order, the stretch that one fact moved; see flink's Movement. */
export type Movement = {
  readonly entry: 'SALE' | 'REFUND';
  readonly from: bigint;
  readonly to: bigint;
  readonly captured: bigint;
};

/** What one line of an order brought in, or cost. */
export type SaleLine = {
  readonly number: number;
  readonly component: 'ITEM' | 'SHIPPING' | 'TAX';
  readonly department: string;
  readonly amount: bigint;
  readonly units: bigint;
  readonly baskets: number;
  readonly orders: number;
};

/**
 * The sale lines of a movement, by the rule that the stream job follows, written a second time so that the two can be
 * held against each other.
 */
export function saleLines(order: PlacedOrder, movement: Movement): SaleLine[] {
  const parts = partsOf(order);
  const worths = parts.map(({ worth }) => worth);
  const before = apportion(movement.from, worths);
  const after = apportion(movement.to, worths);
  const sign = movement.entry === 'SALE' ? 1 : -1;
  const counted = movement.entry === 'SALE' || movement.to >= movement.captured ? sign : 0;
  const departments = new Set<string>();
  return parts.map(({ component, department, units }, i) => {
    const first = component === 'ITEM' && !departments.has(department);
    if (first) departments.add(department);
    return {
      number: i + 1,
      component,
      department,
      amount: BigInt(sign) * ((after[i] ?? 0n) - (before[i] ?? 0n)),
      units: BigInt(counted) * units,
      baskets: first ? counted : 0,
      orders: i === 0 ? counted : 0,
    };
  });
}

type Part = {
  readonly component: SaleLine['component'];
  readonly department: string;
  readonly units: bigint;
  readonly worth: bigint;
};

function partsOf(order: PlacedOrder): Part[] {
  const discount = order.discount > 0n ? order.discount : 0n;
  const discounts = apportion(
    discount,
    order.lines.map(({ amount }) => amount),
  );
  const items = order.lines.map(({ department, units, amount }, i) => ({
    component: 'ITEM' as const,
    department,
    units,
    worth: amount - (discounts[i] ?? 0n),
  }));
  const charge = (component: 'SHIPPING' | 'TAX', worth: bigint): Part[] =>
    worth === 0n ? [] : [{ component, department: '', units: 0n, worth }];
  return [...items, ...charge('SHIPPING', order.shipping), ...charge('TAX', order.tax)];
}
