import type { Kysely, Selectable } from 'kysely';
import type { Line, Variant } from '../domain/cart.ts';
import type { Coupon } from '../domain/coupon.ts';
import type { CartReader, StoredCart } from '../ports.ts';
import type { CartTables } from './tables.ts';

/** Reads carts, variants and coupons over a pool or a transaction. */
export function createReader(db: Kysely<CartTables>): CartReader {
  return {
    async find(by) {
      const query = db.selectFrom('cart').selectAll();
      const row = await ('cartId' in by
        ? query.where('cart_id', '=', by.cartId)
        : 'userId' in by
          ? query.where('user_id', '=', by.userId)
          : query.where('guest_hash', '=', by.guestHash)
      ).executeTakeFirst();
      return row === undefined ? undefined : toCart(row, await linesOf(db, row.cart_id));
    },

    async variants(skus) {
      if (skus.length === 0) {
        return new Map();
      }
      const rows = await db.selectFrom('variant').selectAll().where('sku', 'in', skus).execute();
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

function toVariant(row: Selectable<CartTables['variant']>): Variant {
  return {
    sku: row.sku,
    productId: row.product_id,
    title: row.title,
    categoryPath: row.category_path,
    unitPrice: row.unit_price ?? 0n,
    available: row.on_sale && row.unit_price !== null,
  };
}
