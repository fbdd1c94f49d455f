import type { Kysely, Selectable } from 'kysely';
import type { Line, Variant } from '../domain/cart.ts';
import type { Coupon } from '../domain/coupon.ts';
import type { CartReader, StoredCart } from '../ports.ts';
import type { CartTables } from './tables.ts';

const cartColumns = [
  'cart.cart_id',
  'cart.user_id',
  'cart.guest_hash',
  'cart.coupon_code',
  'cart.version',
  'cart.expire_time',
  'cart.create_time',
  'cart.update_time',
] as const;
const variantColumns = [
  'variant.sku',
  'variant.product_id',
  'variant.title',
  'variant.category_path',
  'variant.unit_price',
  'variant.on_sale',
] as const;

type VariantRow = Selectable<CartTables['variant']>;

/** Reads carts, variants and coupons over a pool or a transaction. */
export function createReader(db: Kysely<CartTables>): CartReader {
  return {
    async find(by) {
      const query = db
        .selectFrom('cart')
        .leftJoin('cart_line as line', 'line.cart_id', 'cart.cart_id')
        .leftJoin('variant', 'variant.sku', 'line.sku')
        .select(cartColumns)
        .select(['line.sku as line_sku', 'line.quantity', ...variantColumns])
        .orderBy('line.position');
      const rows = await ('cartId' in by
        ? query.where('cart.cart_id', '=', by.cartId)
        : 'userId' in by
          ? query.where('cart.user_id', '=', by.userId)
          : query.where('cart.guest_hash', '=', by.guestHash)
      ).execute();
      const [first] = rows;
      if (first === undefined) {
        return undefined;
      }
      const lines = rows.flatMap(({ line_sku: sku, quantity }) =>
        sku === null || quantity === null ? [] : [{ sku, quantity }],
      );
      const variants = rows.filter(isVariant).map((row) => [row.sku, toVariant(row)] as const);
      return { cart: toCart(first, lines), variants: new Map(variants) };
    },

    async variants(skus) {
      if (skus.length === 0) {
        return new Map();
      }
      const rows = await db.selectFrom('variant').select(variantColumns).where('sku', 'in', skus).execute();
      return new Map(rows.map((row) => [row.sku, toVariant(row)]));
    },

    async coupon(code) {
      const row = await db.selectFrom('coupon').selectAll().where('code', '=', code).executeTakeFirst();
      return row === undefined ? undefined : toCoupon(row);
    },
  };
}

/** A cart's lines, in the order in which they were first added. */
export function linesOf(db: Kysely<CartTables>, cartId: string): Promise<Line[]> {
  return db
    .selectFrom('cart_line')
    .select(['sku', 'quantity'])
    .where('cart_id', '=', cartId)
    .orderBy('position')
    .execute();
}

/** A cart's row and lines as the ports have them. */
export function toCart(row: Selectable<CartTables['cart']>, lines: readonly Line[]): StoredCart {
  return {
    cartId: row.cart_id,
    userId: row.user_id ?? undefined,
    couponCode: row.coupon_code ?? undefined,
    version: row.version,
    lines,
    expireTime: row.expire_time,
    createTime: row.create_time,
    updateTime: row.update_time,
  };
}

/** A coupon's row as the domain has it. */
export function toCoupon(row: Selectable<CartTables['coupon']>): Coupon {
  return {
    code: row.code,
    benefit:
      row.percent_basis_points !== null
        ? { kind: 'percent', basisPoints: row.percent_basis_points }
        : { kind: 'amount', minorUnits: row.amount_off ?? 0n },
    redemptionLimit: row.redemption_limit,
    perUserLimit: row.per_user_limit,
    minimumSubtotal: row.minimum_subtotal,
    expireTime: row.expire_time ?? undefined,
    heldCount: row.held_count,
    redeemedCount: row.redeemed_count,
  };
}

/** Whether the catalogue knows what lies in a line. */
function isVariant<R extends { readonly [C in keyof VariantRow]: VariantRow[C] | null }>(
  row: R,
): row is R & VariantRow {
  return row.sku !== null;
}

function toVariant(row: VariantRow): Variant {
  return {
    sku: row.sku,
    productId: row.product_id,
    title: row.title,
    categoryPath: row.category_path,
    unitPrice: row.unit_price ?? 0n,
    available: row.on_sale && row.unit_price !== null,
  };
}
