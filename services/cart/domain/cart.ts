import { type Coupon, discountOf } from './coupon.ts';

/** How many units one line may hold, and how many lines one cart. */
export const MAX_LINE_QUANTITY = 10_000;
export const MAX_LINES = 200;

/** What the catalogue says of a SKU, as far as a cart needs it. `unitPrice` is in minor units. */
export type Variant = {
  readonly sku: string;
  readonly productId: string;
  readonly title: string;
  readonly categoryPath: readonly string[];
  readonly unitPrice: bigint;
  readonly available: boolean;
};

/** How many of a SKU are in a cart. */
export type Line = { readonly sku: string; readonly quantity: number };

/** A line with its price as of now. An unavailable one costs nothing and isn't bought. */
export type PricedLine = Variant & { readonly quantity: number; readonly amount: bigint };

/** A cart's lines and sums, in minor units of the shop's currency. total = subtotal - discount >= 0. */
export type PricedCart = {
  readonly lines: readonly PricedLine[];
  readonly subtotal: bigint;
  readonly discount: bigint;
  readonly total: bigint;
};

/** Why a change was refused. */
export type CartRefusal = 'SKU_UNAVAILABLE' | 'CART_FULL';

/**
 * Whether `delta` more of a SKU fit in a cart of these lines. Taking off may leave a net count below zero, which counts
 * as none, so that additions and removals come to the same in whichever order they arrive; but not without bounds, as
 * such lines are stored too.
 */
export function admit(
  lines: readonly Line[],
  change: { readonly sku: string; readonly delta: number; readonly available: boolean },
): CartRefusal | undefined {
  const line = lines.find(({ sku }) => sku === change.sku);
  const net = (line?.quantity ?? 0) + change.delta;
  if (change.delta <= 0) {
    const bounded = net >= -MAX_LINE_QUANTITY && (line !== undefined || lines.length < MAX_LINES);
    return bounded ? undefined : 'CART_FULL';
  }
  if (!change.available) {
    return 'SKU_UNAVAILABLE';
  }
  const opensLine = (line?.quantity ?? 0) <= 0;
  const tooMany = opensLine && lines.filter(({ quantity }) => quantity > 0).length >= MAX_LINES;
  return tooMany || net > MAX_LINE_QUANTITY ? 'CART_FULL' : undefined;
}

/** What of a guest's lines is added to a user's: as much as fits, the earlier lines first. */
export function merge(own: readonly Line[], guest: readonly Line[]): Line[] {
  const held = new Map(own.map(({ sku, quantity }) => [sku, quantity]));
  let room = MAX_LINES - own.filter(({ quantity }) => quantity > 0).length;
  return guest.flatMap(({ sku, quantity }) => {
    const before = held.get(sku) ?? 0;
    const added = Math.min(quantity, MAX_LINE_QUANTITY - before);
    if (quantity <= 0 || added <= 0 || (before <= 0 && room <= 0)) {
      return [];
    }
    room -= before <= 0 ? 1 : 0;
    return { sku, quantity: added };
  });
}

/** Prices the lines that hold anything. A SKU that the catalogue doesn't know is shown as unavailable. */
export function price(
  lines: readonly Line[],
  variants: ReadonlyMap<string, Variant>,
  coupon: Coupon | undefined,
  now: Date,
): PricedCart {
  const priced = lines
    .filter((line) => line.quantity > 0)
    .map((line) => priceLine(line, variants.get(line.sku)));
  const subtotal = priced.reduce((sum, line) => sum + line.amount, 0n);
  const discount = coupon === undefined ? 0n : discountOf(coupon, subtotal, now);
  return { lines: priced, subtotal, discount, total: subtotal - discount };
}

function priceLine(line: Line, variant: Variant | undefined): PricedLine {
  if (variant === undefined) {
    const unknown = { productId: '', title: '', categoryPath: [], unitPrice: 0n, available: false };
    return { ...unknown, ...line, amount: 0n };
  }
  const amount = variant.available ? variant.unitPrice * BigInt(line.quantity) : 0n;
  return { ...variant, quantity: line.quantity, amount };
}
