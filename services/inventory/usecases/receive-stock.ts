import { type Booked, book } from '../domain/booking.ts';
import { sumBySku } from '../domain/quantity.ts';
import type { Shelves } from '../ports.ts';

/** Goods that came in. `restockThreshold` is the SKU's new threshold; undefined leaves it. */
type Receipt = {
  readonly locationId: string;
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly restockThreshold: number | undefined;
  }[];
};

/** How many SKUs and units were booked in, or why none was. */
type Received =
  | { readonly kind: 'received'; readonly skuCount: number; readonly unitCount: number }
  | { readonly kind: 'locationNotFound' };

/** Books goods in, all lines or none. Of several thresholds for a SKU the last one holds. */
export async function receiveStock(shelves: Shelves, receipt: Receipt): Promise<Received> {
  const { locationId, lines } = receipt;
  if (!(await shelves.hasLocation(locationId))) {
    return { kind: 'locationNotFound' };
  }
  const thresholds = new Map<string, number>();
  for (const { sku, restockThreshold } of lines) {
    if (restockThreshold !== undefined) {
      thresholds.set(sku, restockThreshold);
    }
  }
  const sums = sumBySku(lines);
  const locked = await shelves.lock(
    locationId,
    sums.map((sum) => sum.sku),
  );
  const bySku = new Map(locked.map((shelf) => [shelf.sku, shelf]));
  const booked: Booked[] = [];
  for (const { sku, quantity } of sums) {
    const restockThreshold = thresholds.get(sku);
    const result = book(
      { kind: 'RECEIPT', sku, locationId, quantity, restockThreshold, note: '' },
      bySku.get(sku),
    );
    if (result.kind === 'belowReserved') {
      throw new RangeError(`A receipt of ${quantity} can't leave less of ${sku} than is reserved`);
    }
    booked.push(result.booked);
  }
  await shelves.save(booked);
  return {
    kind: 'received',
    skuCount: sums.length,
    unitCount: sums.reduce((sum, { quantity }) => sum + quantity, 0),
  };
}
