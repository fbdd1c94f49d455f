/** The largest amount that an int64 of minor units holds. */
export const maxMinorUnits = 2n ** 63n - 1n;

/** An exact amount in a currency's smallest unit. */
export type Money = { readonly currency: string; readonly minorUnits: bigint };

/** What a line costs: quantity x unit price - discount, in minor units; all of them at least zero. */
export type PricedLine = {
  readonly sku: string;
  readonly title: string;
  /** From the root. */
  readonly categoryPath: readonly string[];
  readonly quantity: number;
  readonly unitPrice: bigint;
  readonly discount: bigint;
};

/** A line with its computed amount. */
export type OrderLine = PricedLine & { readonly amount: bigint };

/** An order's sums in minor units: subtotal - discount + shipping + tax = total. */
export type Totals = {
  readonly currency: string;
  readonly subtotal: bigint;
  readonly discount: bigint;
  readonly shipping: bigint;
  readonly tax: bigint;
  readonly total: bigint;
};

/** What is added to and taken off the lines' sum. */
export type Charges = { readonly discount: bigint; readonly shipping: bigint; readonly tax: bigint };

/** Why lines make no total. `line` is the index of the line that is wrong, when one is. */
export type TotalRefused = { readonly kind: 'total-invalid'; readonly why: string; readonly line?: number };

/** The lines with their amounts, and the order's sums. */
export type Priced = {
  readonly kind: 'priced';
  readonly lines: readonly OrderLine[];
  readonly totals: Totals;
};

/**
 * Computes every line's amount and the order's sums, exactly. Refuses negative parts, discounts above what they are
 * taken off, a total of zero (there would be nothing to pay) and whatever doesn't fit an int64.
 */
export function price(
  currency: string,
  lines: readonly PricedLine[],
  charges: Charges,
): Priced | TotalRefused {
  const amounts: OrderLine[] = [];
  let subtotal = 0n;
  for (const [index, line] of lines.entries()) {
    const amount = lineAmount(line);
    if (typeof amount === 'string') {
      return { kind: 'total-invalid', why: amount, line: index };
    }
    amounts.push({ ...line, amount });
    subtotal += amount;
  }
  const total = subtotal - charges.discount + charges.shipping + charges.tax;
  const why = totalFault(subtotal, charges, total);
  if (why !== undefined) {
    return { kind: 'total-invalid', why };
  }
  return { kind: 'priced', lines: amounts, totals: { currency, subtotal, ...charges, total } };
}

function lineAmount(line: PricedLine): bigint | string {
  if (!Number.isSafeInteger(line.quantity) || line.quantity < 1) {
    return 'a quantity is a whole number, at least 1';
  }
  if (line.unitPrice < 0n || line.discount < 0n) {
    return 'a price or discount is below zero';
  }
  const full = BigInt(line.quantity) * line.unitPrice;
  if (full > maxMinorUnits) {
    return 'the amount is too large';
  }
  return line.discount > full ? 'the discount is more than the line costs' : full - line.discount;
}

function totalFault(subtotal: bigint, charges: Charges, total: bigint): string | undefined {
  if (charges.discount < 0n || charges.shipping < 0n || charges.tax < 0n) {
    return 'a charge is below zero';
  }
  if (charges.discount > subtotal) {
    return 'the discount is more than the lines cost';
  }
  if (subtotal > maxMinorUnits || total > maxMinorUnits) {
    return 'the total is too large';
  }
  return total === 0n ? 'there is nothing to pay' : undefined;
}
