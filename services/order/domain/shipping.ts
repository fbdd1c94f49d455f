/** So many of a SKU. */
export type SkuQuantity = { readonly sku: string; readonly quantity: number };

/** A parcel that left. */
export type Shipment = {
  readonly shipmentId: string;
  readonly lines: readonly SkuQuantity[];
  readonly carrier: string;
  readonly trackingNumber: string;
  readonly shipTime: Date;
  /** Undefined while it is on its way. */
  readonly deliverTime: Date | undefined;
};

/** What to send, or why it can't be: `sku` names what there is less of. */
export type Packed =
  | { readonly kind: 'packed'; readonly lines: readonly SkuQuantity[] }
  | { readonly kind: 'too-large'; readonly sku: string }
  | { readonly kind: 'nothing-left' };

/** What of the ordered lines hasn't left yet, by SKU, without those that have gone in full. */
export function leftToSend(
  ordered: readonly SkuQuantity[],
  shipments: readonly Pick<Shipment, 'lines'>[],
): readonly SkuQuantity[] {
  const left = sum(ordered);
  for (const { sku, quantity } of shipments.flatMap(({ lines }) => lines)) {
    left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  return listed(left);
}

/** Packs what is wanted of what is left, or all of it when nothing particular is wanted. */
export function pack(left: readonly SkuQuantity[], wanted: readonly SkuQuantity[]): Packed {
  if (left.length === 0) {
    return { kind: 'nothing-left' };
  }
  if (wanted.length === 0) {
    return { kind: 'packed', lines: left };
  }
  const available = sum(left);
  const asked = listed(sum(wanted));
  const short = asked.find(({ sku, quantity }) => quantity > (available.get(sku) ?? 0));
  return short === undefined ? { kind: 'packed', lines: asked } : { kind: 'too-large', sku: short.sku };
}

/** Whether everything ordered has left and every shipment has arrived. */
export function isDelivered(ordered: readonly SkuQuantity[], shipments: readonly Shipment[]): boolean {
  return (
    leftToSend(ordered, shipments).length === 0 &&
    shipments.every(({ deliverTime }) => deliverTime !== undefined)
  );
}

function sum(lines: readonly SkuQuantity[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  }
  return sums;
}

function listed(sums: ReadonlyMap<string, number>): readonly SkuQuantity[] {
  return [...sums].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }));
}
