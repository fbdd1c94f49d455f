import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Cart,
  CartSchema,
  type Coupon as CouponMessage,
  CouponSchema,
  ErrorReason,
  ErrorReasonSchema,
} from '#gen/shopverse/cart/v1/cart_pb.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import type { PricedCart } from './domain/cart.ts';
import type { Coupon } from './domain/coupon.ts';
import type { StoredCart } from './ports.ts';

/** A cart as the contract has it. A caller without one sees an empty cart without an id. */
export function toCartMessage(cart: StoredCart | undefined, priced: PricedCart, currencyCode: string): Cart {
  const money = (minorUnits: bigint) => ({ currencyCode, minorUnits });
  return create(CartSchema, {
    ...(cart && {
      cartId: cart.cartId,
      userId: cart.userId ?? '',
      couponCode: cart.couponCode ?? '',
      expireTime: timestampFromDate(cart.expireTime),
      createTime: timestampFromDate(cart.createTime),
      updateTime: timestampFromDate(cart.updateTime),
      etag: String(cart.version),
    }),
    lines: priced.lines.map(({ available, unitPrice, amount, categoryPath, ...line }) => ({
      ...line,
      categoryPath: [...categoryPath],
      unitPrice: money(unitPrice),
      amount: money(amount),
      unavailable: !available,
    })),
    subtotal: money(priced.subtotal),
    discount: money(priced.discount),
    total: money(priced.total),
  });
}

/** A coupon as the contract has it. */
export function toCouponMessage(coupon: Coupon, currencyCode: string): CouponMessage {
  const { benefit } = coupon;
  return create(CouponSchema, {
    code: coupon.code,
    benefit:
      benefit.kind === 'percent'
        ? { case: 'percentBasisPoints', value: benefit.basisPoints }
        : { case: 'amountOff', value: { currencyCode, minorUnits: benefit.minorUnits } },
    redemptionLimit: coupon.redemptionLimit,
    perUserLimit: coupon.perUserLimit,
    minimumSubtotal: { currencyCode, minorUnits: coupon.minimumSubtotal },
    ...(coupon.expireTime && { expireTime: timestampFromDate(coupon.expireTime) }),
    heldCount: coupon.heldCount,
    redeemedCount: coupon.redeemedCount,
  });
}

/** A coupon to make, from the contract's message. Refuses amounts that aren't in the shop's currency or above zero. */
export function fromCoupon(message: CouponMessage | undefined, currency: string): Coupon {
  if (message === undefined || message.benefit.case === undefined) {
    throw refusal(ErrorReasonSchema, ErrorReason.COUPON_NOT_APPLICABLE, 'A coupon takes something off.');
  }
  const { benefit, minimumSubtotal } = message;
  if (benefit.case === 'amountOff') {
    const { currencyCode, minorUnits } = benefit.value;
    if (currencyCode !== currency || minorUnits <= 0n) {
      const description = `must be an amount of ${currency} above zero`;
      throw invalidRequest([{ field: 'coupon.amount_off', description }]);
    }
  }
  if (
    minimumSubtotal !== undefined &&
    (minimumSubtotal.currencyCode !== currency || minimumSubtotal.minorUnits < 0n)
  ) {
    const description = `must be an amount of ${currency}, zero or more`;
    throw invalidRequest([{ field: 'coupon.minimum_subtotal', description }]);
  }
  return {
    code: message.code,
    benefit:
      benefit.case === 'amountOff'
        ? { kind: 'amount', minorUnits: benefit.value.minorUnits }
        : { kind: 'percent', basisPoints: benefit.value },
    redemptionLimit: message.redemptionLimit,
    perUserLimit: message.perUserLimit,
    minimumSubtotal: minimumSubtotal?.minorUnits ?? 0n,
    expireTime: message.expireTime && timestampDate(message.expireTime),
    heldCount: 0,
    redeemedCount: 0,
  };
}
