import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import type { Tx } from '#platform/db/database.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { CartTables } from '../../../../services/cart/adapters/tables.ts';
import type { WriterDeps } from '../../../../services/cart/adapters/writer.ts';
import type { Line } from '../../../../services/cart/domain/cart.ts';
import type { Coupon } from '../../../../services/cart/domain/coupon.ts';
import type { CartWriter, Hold, StoredCart } from '../../../../services/cart/ports.ts';
import { statement } from '../connection.ts';

export type { WriterDeps };

type Checkout = { readonly cartId: string; readonly lines: readonly Line[] };

/** What a checkout needs of the carts and coupons; the rest of the cart service is not simulated. */
export function createWriter(tx: Tx<CartTables>, _deps: WriterDeps): CartWriter {
  const changeCart = (cartId: string, change: (cart: StoredCart) => StoredCart) =>
    statement(tx.db, async (memory) => {
      const cart = await memory.locked<StoredCart>('cart', cartId);
      if (cart !== undefined) {
        memory.put('cart', cartId, change(cart));
      }
    });
  const simulated: Partial<CartWriter> = {
    lock: (cartIds) =>
      statement(tx.db, async (memory) => {
        const carts: StoredCart[] = [];
        for (const cartId of [...cartIds].sort()) {
          const cart = await memory.locked<StoredCart>('cart', cartId);
          carts.push(...(cart === undefined ? [] : [cart]));
        }
        return carts;
      }),
    async record({ cartId }, fact) {
      const sequence = await statement(tx.db, async (memory) => {
        const cart = await memory.locked<StoredCart>('cart', cartId);
        const version = (cart?.version ?? 0n) + 1n;
        memory.put('cart', cartId, { ...cart, version });
        return version;
      });
      tx.append(domainEvent(CartEventSchema, { id: cartId, sequence }, { event: fact }));
    },
    addQuantities: (cartId, deltas) =>
      changeCart(cartId, (cart) => ({
        ...cart,
        lines: cart.lines.map((line) => ({
          ...line,
          quantity: line.quantity + (deltas.find(({ sku }) => sku === line.sku)?.quantity ?? 0),
        })),
      })),
    removeLines: (cartId, skus) =>
      changeCart(cartId, (cart) => ({
        ...cart,
        lines: cart.lines.filter(({ sku }) => !skus.includes(sku)),
      })),
    setCoupon: (cartId, couponCode) => changeCart(cartId, (cart) => ({ ...cart, couponCode })),
    lockCoupon: (code) => statement(tx.db, (memory) => memory.locked<Coupon>('coupon', code)),
    hold: (orderId) => statement(tx.db, (memory) => memory.locked<Hold>('coupon_hold', orderId)),
    userCount: (code, userId) =>
      statement(
        tx.db,
        (memory) =>
          memory
            .rows<Hold>('coupon_hold')
            .filter(
              (hold) =>
                hold.code === code &&
                hold.userId === userId &&
                (hold.state === 'HELD' || hold.state === 'REDEEMED'),
            ).length,
      ),
    saveHold: (hold, step) =>
      statement(tx.db, async (memory) => {
        await memory.lock('coupon_hold', hold.orderId);
        memory.put('coupon_hold', hold.orderId, hold);
        const coupon = await memory.locked<Coupon>('coupon', hold.code);
        if (coupon !== undefined) {
          memory.put('coupon', hold.code, {
            ...coupon,
            heldCount: coupon.heldCount + step.held,
            redeemedCount: coupon.redeemedCount + step.redeemed,
          });
        }
      }),
    startCheckout: (orderId, cartId, lines) =>
      statement(tx.db, async (memory) => {
        if (!(await memory.insert('checkout', orderId, { cartId, lines }))) {
          throw new Error(`Order ${orderId} checks out twice`);
        }
      }),
    takeCheckout: (orderId) =>
      statement(tx.db, async (memory) => {
        const checkout = await memory.locked<Checkout>('checkout', orderId);
        if (checkout !== undefined) {
          memory.put('checkout', orderId, undefined);
        }
        return checkout && { cartId: checkout.cartId, lines: checkout.lines };
      }),
    append: (...events) => tx.append(...events),
  };
  return simulated as CartWriter;
}
