import { createHash } from 'node:crypto';
import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/cart/v1/cart_pb.ts';
import {
  AddItemResponseSchema,
  ApplyCouponResponseSchema,
  CartService,
  ClearCartResponseSchema,
  CreateCouponResponseSchema,
  MergeGuestCartResponseSchema,
  RemoveCouponResponseSchema,
  RemoveItemResponseSchema,
} from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import type { Database } from '#platform/db/database.ts';
import { refusal } from '#platform/errors/refusal.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { createReader } from './adapters/reader.ts';
import type { CartTables } from './adapters/tables.ts';
import { createWriter, type WriterDeps } from './adapters/writer.ts';
import { price } from './domain/cart.ts';
import { fromCoupon, toCartMessage, toCouponMessage } from './messages.ts';
import type { CartReader, CartWriter, FoundCart, Owner } from './ports.ts';
import { addItem, clearCart, mergeGuestCart, removeItem, setCoupon } from './usecases/change-cart.ts';

/** What the methods need. */
export type RpcDeps = WriterDeps & { readonly database: Database<CartTables>; readonly currency: string };

/** The cart's methods. */
export function createRpc(deps: RpcDeps): RpcBinding {
  const { database, clock, currency } = deps;
  const reader = createReader(database.db);

  /** The cart as the caller sees it: priced now, or an empty one. */
  const show = async (from: CartReader, found: FoundCart | undefined) => {
    const { cart, variants } = found ?? { cart: undefined, variants: new Map() };
    const coupon = cart?.couponCode === undefined ? undefined : await from.coupon(cart.couponCode);
    return toCartMessage(cart, price(cart?.lines ?? [], variants, coupon, clock.now()), currency);
  };
  const shown = async (writer: CartWriter, owner: Owner) => ({
    cart: await show(writer, await writer.find(owner)),
  });

  return bind(CartService, {
    getCart: async (_request, call) => ({ cart: await show(reader, await reader.find(ownerOf(call))) }),

    addItem: (request, call) =>
      idempotent(database, call, request, AddItemResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        const owner = ownerOf(call);
        const changed = await addItem(writer, owner, { sku: request.sku, delta: request.quantity });
        if ('refused' in changed) {
          throw refuse(changed.refused, request.sku);
        }
        return shown(writer, owner);
      }),

    removeItem: (request, call) =>
      idempotent(database, call, request, RemoveItemResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        await removeItem(writer, ownerOf(call), request.sku);
        return shown(writer, ownerOf(call));
      }),

    clearCart: (request, call) =>
      idempotent(database, call, request, ClearCartResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        await clearCart(writer, ownerOf(call));
        return shown(writer, ownerOf(call));
      }),

    mergeGuestCart: (request, call) =>
      idempotent(database, call, request, MergeGuestCartResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        const userId = requireUser(call);
        await mergeGuestCart(writer, userId, hashOf(request.guestId));
        return shown(writer, { userId });
      }),

    applyCoupon: (request, call) =>
      idempotent(database, call, request, ApplyCouponResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        const userId = requireUser(call);
        if (!(await setCoupon(writer, userId, request.code))) {
          throw couponNotApplicable();
        }
        const answer = await shown(writer, { userId });
        if ((answer.cart.discount?.minorUnits ?? 0n) === 0n) {
          throw couponNotApplicable();
        }
        return answer;
      }),

    removeCoupon: (request, call) =>
      idempotent(database, call, request, RemoveCouponResponseSchema, async (tx) => {
        const writer = createWriter(tx, deps);
        const userId = requireUser(call);
        await setCoupon(writer, userId, undefined);
        return shown(writer, { userId });
      }),

    quoteCart: async ({ cartId, userId }) => {
      const found = await reader.find({ cartId });
      if (found === undefined || found.cart.userId !== userId) {
        throw refusal(ErrorReasonSchema, ErrorReason.CART_NOT_FOUND, 'There is no such cart.');
      }
      return { cart: await show(reader, found) };
    },

    createCoupon: (request, call) =>
      idempotent(database, call, request, CreateCouponResponseSchema, async (tx) => {
        const coupon = fromCoupon(request.coupon, currency);
        if (!(await createWriter(tx, deps).insertCoupon(coupon))) {
          throw refusal(
            ErrorReasonSchema,
            ErrorReason.COUPON_EXISTS,
            `The coupon ${coupon.code} exists already.`,
          );
        }
        const { code, redemptionLimit } = coupon;
        tx.append(
          domainEvent(
            CartEventSchema,
            { id: code, sequence: 1 },
            { event: { case: 'couponCreated', value: { code, redemptionLimit } } },
          ),
        );
        return { coupon: toCouponMessage(coupon, currency) };
      }),

    getCoupon: async ({ code }) => {
      const coupon = await reader.coupon(code);
      if (coupon === undefined) {
        throw refusal(ErrorReasonSchema, ErrorReason.COUPON_NOT_FOUND, 'There is no such coupon.');
      }
      return { coupon: toCouponMessage(coupon, currency) };
    },
  });
}

/** The caller's cart is the user's where there is a token, and the guest's otherwise. */
function ownerOf({ caller }: Call): Owner {
  if (caller.userId !== undefined) {
    return { userId: caller.userId };
  }
  if (caller.guestId !== undefined) {
    return { guestHash: hashOf(caller.guestId) };
  }
  throw refusal(
    ErrorReasonSchema,
    ErrorReason.OWNER_MISSING,
    'Sign in, or send a UUID of your own as x-shopverse-guest.',
  );
}

function hashOf(guestId: string): Buffer {
  return createHash('sha256').update(guestId.toLowerCase()).digest();
}

function refuse(reason: 'SKU_UNAVAILABLE' | 'CART_FULL', sku: string): Error {
  const message =
    reason === 'CART_FULL'
      ? 'A line may hold at most 10,000, and a cart 200 lines.'
      : `${sku} can't be bought at present.`;
  return refusal(ErrorReasonSchema, ErrorReason[reason], message, { metadata: { sku } });
}

function couponNotApplicable(): Error {
  return refusal(
    ErrorReasonSchema,
    ErrorReason.COUPON_NOT_APPLICABLE,
    "There is no such coupon, or it doesn't work for this cart.",
  );
}
