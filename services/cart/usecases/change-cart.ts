import { admit, type CartRefusal, merge } from '../domain/cart.ts';
import type { CartWriter, Owner, StoredCart } from '../ports.ts';

/** The cart after a change, or why it stayed as it was. */
export type Changed = { readonly cartId: string } | { readonly refused: CartRefusal };

/** Adds `delta` of a SKU to the owner's cart, or takes off with a negative one. */
export async function addItem(
  writer: CartWriter,
  owner: Owner,
  { sku, delta }: { readonly sku: string; readonly delta: number },
): Promise<Changed> {
  const cart = await writer.open(owner);
  const before = quantityOf(cart, sku);
  const variant = (await writer.variants([sku])).get(sku);
  const refused = admit(cart.lines, { sku, delta, available: variant?.available ?? false });
  if (refused !== undefined) {
    return { refused };
  }
  await writer.addQuantities(cart.cartId, [{ sku, quantity: delta }]);
  await writer.record(cart, {
    case: 'itemChanged',
    value: {
      cartId: cart.cartId,
      userId: cart.userId ?? '',
      sku,
      delta,
      quantity: Math.max(0, before + delta),
    },
  });
  return { cartId: cart.cartId };
}

/** Takes a SKU out of the owner's cart. A cart without it stays as it is. */
export async function removeItem(writer: CartWriter, owner: Owner, sku: string): Promise<void> {
  const cart = await writer.open(owner);
  if (!cart.lines.some((line) => line.sku === sku)) {
    return;
  }
  await writer.removeLines(cart.cartId, [sku]);
  const delta = -Math.max(0, quantityOf(cart, sku));
  await writer.record(cart, {
    case: 'itemChanged',
    value: { cartId: cart.cartId, userId: cart.userId ?? '', sku, delta, quantity: 0 },
  });
}

/** Takes everything out of the owner's cart. An empty cart stays as it is. */
export async function clearCart(writer: CartWriter, owner: Owner): Promise<void> {
  const cart = await writer.open(owner);
  if (cart.lines.length === 0) {
    return;
  }
  await writer.removeLines(
    cart.cartId,
    cart.lines.map((line) => line.sku),
  );
  await writer.record(cart, {
    case: 'emptied',
    value: { cartId: cart.cartId, userId: cart.userId ?? '', orderId: '' },
  });
}

/** Adds a guest's cart to the user's, as far as it fits, and drops it. Nothing happens when the guest has none any more. */
export async function mergeGuestCart(writer: CartWriter, userId: string, guestHash: Buffer): Promise<void> {
  const guest = await writer.find({ guestHash });
  if (guest === undefined) {
    return;
  }
  const own = await writer.open({ userId });
  // Read again under its lock: it may have changed, or been merged by another call, since.
  const [locked] = await writer.lock([guest.cart.cartId]);
  if (locked === undefined) {
    return;
  }
  await writer.addQuantities(own.cartId, merge(own.lines, locked.lines));
  await writer.drop(locked.cartId);
  await writer.record(own, {
    case: 'merged',
    value: { cartId: own.cartId, guestCartId: locked.cartId, userId },
  });
}

/** Puts a coupon on the user's cart, or takes it off. False when there is no such coupon. */
export async function setCoupon(
  writer: CartWriter,
  userId: string,
  code: string | undefined,
): Promise<boolean> {
  if (code !== undefined && (await writer.coupon(code)) === undefined) {
    return false;
  }
  const cart = await writer.open({ userId });
  if (cart.couponCode !== code) {
    await writer.setCoupon(cart.cartId, code);
    await writer.record(cart, {
      case: 'couponChanged',
      value: { cartId: cart.cartId, userId, code: code ?? '' },
    });
  }
  return true;
}

function quantityOf(cart: StoredCart, sku: string): number {
  return cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
}
