import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { Clock } from '#platform/runtime.ts';
import type { Line } from '../domain/cart.ts';
import { canHold, HOLD_STEPS, type HoldState } from '../domain/coupon.ts';
import type { CartFact, CartWriter, Hold } from '../ports.ts';

/** The order that a checkout is about, and its coupon, if it has one. */
export type Checkout = { readonly orderId: string; readonly userId: string; readonly couponCode: string };

/** An order was placed: holds its coupon, or says that it can't be had, and remembers what it took from which cart. */
export async function beginCheckout(
  writer: CartWriter,
  clock: Clock,
  checkout: Checkout,
  cart: { readonly cartId: string; readonly lines: readonly Line[] },
): Promise<void> {
  if (cart.cartId !== '') {
    const lines = cart.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    await writer.startCheckout(checkout.orderId, cart.cartId, lines);
  }
  if (checkout.couponCode === '' || (await writer.hold(checkout.orderId)) !== undefined) {
    return;
  }
  const coupon = await writer.lockCoupon(checkout.couponCode);
  const held =
    coupon !== undefined &&
    canHold(coupon, await writer.userCount(coupon.code, checkout.userId), clock.now());
  await saveHold(writer, newHold(checkout, held ? 'HELD' : 'REJECTED'), { held: held ? 1 : 0, redeemed: 0 });
}

/** An order is confirmed: its coupon is used up, and what it bought leaves the cart. */
export async function completeCheckout(writer: CartWriter, checkout: Checkout): Promise<void> {
  const taken = await writer.takeCheckout(checkout.orderId);
  const [cart] = taken === undefined ? [] : await writer.lock([taken.cartId]);
  if (taken !== undefined && cart !== undefined) {
    const bought = new Map(taken.lines.map((line) => [line.sku, line.quantity]));
    // Only what was ordered: the customer may have added more since.
    const left = cart.lines.filter((line) => (bought.get(line.sku) ?? 0) < line.quantity);
    const gone = cart.lines.filter((line) => !left.includes(line)).map((line) => line.sku);
    await writer.removeLines(cart.cartId, gone);
    await writer.addQuantities(
      cart.cartId,
      left
        .filter((line) => bought.has(line.sku))
        .map((line) => ({ sku: line.sku, quantity: -(bought.get(line.sku) ?? 0) })),
    );
    if (cart.couponCode === checkout.couponCode) {
      await writer.setCoupon(cart.cartId, undefined);
    }
    await writer.record(cart, {
      case: 'emptied',
      value: { cartId: cart.cartId, userId: cart.userId ?? '', orderId: checkout.orderId },
    });
  }
  await step(writer, checkout, 'redeem');
}

/** An order is being undone: its coupon is given back, or it is said that there was none to give back. */
export async function undoCheckout(writer: CartWriter, checkout: Checkout): Promise<void> {
  await writer.takeCheckout(checkout.orderId);
  await step(writer, checkout, 'return');
}

async function step(writer: CartWriter, checkout: Checkout, command: 'redeem' | 'return'): Promise<void> {
  if (checkout.couponCode === '') {
    return;
  }
  const hold = await writer.hold(checkout.orderId);
  const next = HOLD_STEPS[hold?.state ?? 'none'][command];
  if (next === 'ignored') {
    return;
  }
  await writer.lockCoupon(checkout.couponCode);
  const saved =
    hold === undefined ? newHold(checkout, next.to) : { ...hold, state: next.to, version: hold.version + 1n };
  await saveHold(writer, saved, next);
}

function newHold(checkout: Checkout, state: HoldState): Hold {
  return {
    orderId: checkout.orderId,
    code: checkout.couponCode,
    userId: checkout.userId,
    state,
    version: 1n,
  };
}

async function saveHold(
  writer: CartWriter,
  hold: Hold,
  counts: { readonly held: number; readonly redeemed: number },
): Promise<void> {
  await writer.saveHold(hold, counts);
  const aggregate = { id: hold.orderId, sequence: hold.version };
  writer.append(domainEvent(CartEventSchema, aggregate, { event: factOf(hold) }));
}

function factOf({ orderId, code, state }: Hold): CartFact {
  const value = { orderId, code };
  switch (state) {
    case 'HELD':
      return { case: 'couponHeld', value };
    case 'REJECTED':
      return { case: 'couponRejected', value };
    case 'REDEEMED':
      return { case: 'couponRedeemed', value };
    case 'RETURNED':
      return { case: 'couponReturned', value };
    default:
      return state satisfies never;
  }
}
