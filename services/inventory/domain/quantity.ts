/** How many of a SKU an order or a receipt is about. `quantity` is in units, a whole number above zero. */
export type Quantity = { readonly sku: string; readonly quantity: number };

/**
 * One entry a SKU, in SKU order: lines of the same SKU are one want, so that two lines of 60 don't both fit into 100.
 * The order is that in which rows are locked, too.
 */
export function sumBySku(lines: readonly Quantity[]): readonly Quantity[] {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  }
  return [...sums].map(([sku, quantity]) => ({ sku, quantity })).sort(bySku);
}

/** By code unit, never by locale: every process must sort alike. */
function bySku(a: Quantity, b: Quantity): number {
  return a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0;
}
