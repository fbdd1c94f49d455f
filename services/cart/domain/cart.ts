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
 * Whether `delta` more of a SKU fit in a cart. Taking off is always allowed: the net count may even go below zero
 * and counts as none, so that additions and removals come to the same in whichever order they arrive.
 */
export function admit(change: {
  readonly delta: number;
  readonly quantityBefore: number;
  readonly lineCount: number;
  readonly available: boolean;
}): CartRefusal | undefined {
  if (change.delta <= 0) {
    return undefined;
  }
  if (!change.available) {
    return 'SKU_UNAVAILABLE';
  }
  const opensLine = change.quantityBefore <= 0;
  const tooMany = change.quantityBefore + change.delta > MAX_LINE_QUANTITY;
  return tooMany || (opensLine && change.lineCount >= MAX_LINES) ? 'CART_FULL' : undefined;
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
