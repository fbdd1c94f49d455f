import { type SelectQueryBuilder, sql } from 'kysely';
import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import type { Tx } from '#platform/db/database.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { Clock, Ids } from '#platform/runtime.ts';
import type { CartWriter, Owner, StoredCart } from '../ports.ts';
import { createCouponStore } from './coupon-store.ts';
import { createReader, linesOf, toCart } from './reader.ts';
import type { CartTables } from './tables.ts';
import { createVariantStore } from './variant-store.ts';

const MOST_TRIES = 5;

/** How long carts are kept after their last change, in milliseconds. */
export type Lifetimes = { readonly user: number; readonly guest: number };

/** What a writer needs beside the transaction. */
export type WriterDeps = { readonly clock: Clock; readonly ids: Ids; readonly lifetimes: Lifetimes };

/** Reads and writes within one transaction. */
export function createWriter(tx: Tx<CartTables>, { clock, ids, lifetimes }: WriterDeps): CartWriter {
  const db = tx.db;
  const lifetime = (userId: string | undefined) => (userId === undefined ? lifetimes.guest : lifetimes.user);

  const load = async (query: SelectQueryBuilder<CartTables, 'cart', object>): Promise<StoredCart[]> => {
    const rows = await query.selectAll().execute();
    return Promise.all(rows.map(async (row) => toCart(row, await linesOf(db, row.cart_id))));
  };

  return {
    ...createReader(db),
    ...createCouponStore(db, clock),
    ...createVariantStore(db),
    append: (...events) => tx.append(...events),

    async open(owner) {
      const now = clock.now();
      const { column, value, userId } = identify(owner);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        await db
          .insertInto('cart')
          .values({
            cart_id: ids.uuid(),
            user_id: null,
            guest_hash: null,
            [column]: value,
            expire_time: new Date(now.getTime() + lifetime(userId)),
            create_time: now,
            update_time: now,
          })
          .onConflict((conflict) => conflict.column(column).doNothing())
          .execute();
        const [cart] = await load(db.selectFrom('cart').where(column, '=', value).forUpdate());
        if (cart !== undefined) {
          return cart;
        }
        // It was merged or expired while this call waited for its lock: the next one is the owner's own.
      }
      throw new Error('the cart was gone each time that it was there');
    },

    lock(cartIds) {
      // One order for everybody, so that two who lock the same carts don't wait for each other.
      return load(db.selectFrom('cart').where('cart_id', 'in', cartIds).orderBy('cart_id').forUpdate());
    },

    async record(cart, fact) {
      const now = clock.now();
      const { version } = await db
        .updateTable('cart')
        .set({
          version: sql`version + 1`,
          update_time: now,
          expire_time: new Date(now.getTime() + lifetime(cart.userId)),
        })
        .where('cart_id', '=', cart.cartId)
        .returning('version')
        .executeTakeFirstOrThrow();
      tx.append(domainEvent(CartEventSchema, { id: cart.cartId, sequence: version }, { event: fact }));
    },

    async addQuantities(cartId, deltas) {
      if (deltas.length === 0) {
        return;
      }
      await db
        .insertInto('cart_line')
        .values(deltas.map(({ sku, quantity }) => ({ cart_id: cartId, sku, quantity })))
        .onConflict((conflict) =>
          conflict
            .columns(['cart_id', 'sku'])
            .doUpdateSet({ quantity: sql`cart_line.quantity + excluded.quantity` }),
        )
        .execute();
    },

    async removeLines(cartId, skus) {
      if (skus.length > 0) {
        await db.deleteFrom('cart_line').where('cart_id', '=', cartId).where('sku', 'in', skus).execute();
      }
    },

    async setCoupon(cartId, code) {
      await db
        .updateTable('cart')
        .set({ coupon_code: code ?? null })
        .where('cart_id', '=', cartId)
        .execute();
    },

    async drop(cartId) {
      await db.deleteFrom('cart').where('cart_id', '=', cartId).execute();
    },

    expired(now, limit) {
      return load(
        db
          .selectFrom('cart')
          .where('expire_time', '<=', now)
          .orderBy('expire_time')
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      );
    },
  };
}

function identify(owner: Owner) {
  return 'userId' in owner
    ? ({ column: 'user_id', value: owner.userId, userId: owner.userId } as const)
    : ({ column: 'guest_hash', value: owner.guestHash, userId: undefined } as const);
}
