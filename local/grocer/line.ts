/** A line of a basket as it is ordered. Money is in cents. amount = quantity x unitPrice - discount. */
export type Line = {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly discount: number;
};

/** A basket as it is ordered: a household's purchase at one store's till. */
export type Basket = {
  readonly basketId: string;
  readonly household: number;
  readonly time: string;
  readonly lines: readonly Line[];
};

/** A row of the data set's transactions, its dollars as they stand there. */
export type Transaction = {
  readonly product_id: bigint;
  readonly quantity: bigint;
  readonly sales_value: number;
  readonly retail_disc: number;
  readonly coupon_match_disc: number;
};

/** Above this a quantity is a measure (fuel in thousandths of a gallon), not a count of things. */
const MOST_THINGS = 100n;

/** Why a row is left out of what is ordered. */
export type LeftOut = 'no quantity' | 'unknown product';

/**
 * A row as a line whose amount is the row's sales value to the cent, whatever the unit price comes to: the unit price
 * is the shelf price (before the card's and the coupon's reductions) a piece, rounded up to a whole cent, and the
 * discount is the rest. What is sold by measure is one piece.
 */
export function toLine(row: Transaction, isKnown: (sku: string) => boolean): Line | LeftOut {
  const sku = String(row.product_id);
  if (row.quantity <= 0n) return 'no quantity';
  if (!isKnown(sku)) return 'unknown product';
  const quantity = row.quantity > MOST_THINGS ? 1 : Number(row.quantity);
  const paid = cents(row.sales_value);
  const shelf = paid + cents(row.retail_disc) + cents(row.coupon_match_disc);
  const unitPrice = Math.ceil(shelf / quantity);
  return { sku, quantity, unitPrice, discount: unitPrice * quantity - paid };
}

/** What a line costs, in cents. */
export function amountOf(line: Line): number {
  return line.quantity * line.unitPrice - line.discount;
}

/** The data set's dollars are whole cents held in floats. */
export function cents(dollars: number): number {
  return Math.round(dollars * 100);
}
