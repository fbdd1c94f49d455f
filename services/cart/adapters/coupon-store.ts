import { type Kysely, sql } from 'kysely';
import type { Clock } from '#platform/runtime.ts';
import type { CartWriter } from '../ports.ts';
import { toCoupon } from './reader.ts';
import type { CartTables } from './tables.ts';

type CouponStore = Pick<
  CartWriter,
  'insertCoupon' | 'lockCoupon' | 'hold' | 'userCount' | 'saveHold' | 'startCheckout' | 'takeCheckout'
>;

/** Coupons, what orders hold of them, and the carts that are being checked out, within one transaction. */
export function createCouponStore(db: Kysely<CartTables>, clock: Clock): CouponStore {
  return {
    async insertCoupon(coupon) {
      const { benefit } = coupon;
      const inserted = await db
        .insertInto('coupon')
        .values({
          code: coupon.code,
          percent_basis_points: benefit.kind === 'percent' ? benefit.basisPoints : null,
          amount_off: benefit.kind === 'amount' ? benefit.minorUnits : null,
          redemption_limit: coupon.redemptionLimit,
          per_user_limit: coupon.perUserLimit,
          minimum_subtotal: coupon.minimumSubtotal,
          expire_time: coupon.expireTime ?? null,
        })
        .onConflict((conflict) => conflict.column('code').doNothing())
        .executeTakeFirstOrThrow();
      return inserted.numInsertedOrUpdatedRows === 1n;
    },

    async lockCoupon(code) {
      const row = await db
        .selectFrom('coupon')
        .selectAll()
        .where('code', '=', code)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? undefined : toCoupon(row);
    },

    async hold(orderId) {
      const row = await db
        .selectFrom('coupon_hold')
        .selectAll()
        .where('order_id', '=', orderId)
        .forUpdate()
        .executeTakeFirst();
      return (
        row && {
          orderId: row.order_id,
          code: row.code,
          userId: row.user_id,
          state: row.state,
          version: row.version,
        }
      );
    },

    async userCount(code, userId) {
      const { count } = await db
        .selectFrom('coupon_hold')
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .where('code', '=', code)
        .where('user_id', '=', userId)
        .where('state', 'in', ['HELD', 'REDEEMED'])
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async saveHold(hold, step) {
      const values = { state: hold.state, version: hold.version, update_time: clock.now() };
      await db
        .insertInto('coupon_hold')
        .values({ order_id: hold.orderId, code: hold.code, user_id: hold.userId, ...values })
        .onConflict((conflict) => conflict.column('order_id').doUpdateSet(values))
        .execute();
      if (step.held !== 0 || step.redeemed !== 0) {
        await db
          .updateTable('coupon')
          .set({
            held_count: sql`held_count + ${step.held}`,
            redeemed_count: sql`redeemed_count + ${step.redeemed}`,
          })
          .where('code', '=', hold.code)
          .execute();
      }
    },

    async startCheckout(orderId, cartId, lines) {
      await db
        .insertInto('checkout')
        .values({
          order_id: orderId,
          cart_id: cartId,
          lines: JSON.stringify(lines),
          create_time: clock.now(),
        })
        .execute();
    },

    async takeCheckout(orderId) {
      const row = await db
        .deleteFrom('checkout')
        .where('order_id', '=', orderId)
        .returning(['cart_id', 'lines'])
        .executeTakeFirst();
      return row && { cartId: row.cart_id, lines: row.lines };
    },
  };
}
