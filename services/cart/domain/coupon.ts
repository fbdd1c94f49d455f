/** What a coupon takes off: a part of the subtotal in basis points, or a fixed amount in minor units. */
export type Benefit =
  | { readonly kind: 'percent'; readonly basisPoints: number }
  | { readonly kind: 'amount'; readonly minorUnits: bigint };

/** A coupon and how far it is used. Zero limits mean none. held + redeemed never exceeds the limit. */
export type Coupon = {
  readonly code: string;
  readonly benefit: Benefit;
  readonly redemptionLimit: number;
  readonly perUserLimit: number;
  readonly minimumSubtotal: bigint;
  readonly expireTime: Date | undefined;
  readonly heldCount: number;
  readonly redeemedCount: number;
};

/** What has become of an order's coupon. */
export type HoldState = 'HELD' | 'REJECTED' | 'REDEEMED' | 'RETURNED';

/** What an order's checkout asks of its coupon. */
export type HoldCommand = 'hold' | 'redeem' | 'return';

/** How a command changes a coupon's counts, and the state that the order's hold comes to. */
export type HoldStep = { readonly to: HoldState; readonly held: number; readonly redeemed: number };

/**
 * Each state that a hold can be in against each command. `none` is an order that holds nothing. A pair that is
 * `ignored` changes nothing, because the command was done before or came after the end. `hold` from none is decided
 * by `canHold`.
 */
export const HOLD_STEPS: Readonly<
  Record<HoldState | 'none', Readonly<Record<HoldCommand, HoldStep | 'ignored'>>>
> = {
  none: {
    hold: { to: 'HELD', held: 1, redeemed: 0 },
    redeem: 'ignored',
    return: { to: 'RETURNED', held: 0, redeemed: 0 },
  },
  HELD: {
    hold: 'ignored',
    redeem: { to: 'REDEEMED', held: -1, redeemed: 1 },
    return: { to: 'RETURNED', held: -1, redeemed: 0 },
  },
  REJECTED: {
    hold: 'ignored',
    redeem: 'ignored',
    return: { to: 'RETURNED', held: 0, redeemed: 0 },
  },
  REDEEMED: {
    hold: 'ignored',
    redeem: 'ignored',
    return: { to: 'RETURNED', held: 0, redeemed: -1 },
  },
  RETURNED: { hold: 'ignored', redeem: 'ignored', return: 'ignored' },
};

/** Whether one more order of this user may hold the coupon. `userCount` is what the user holds or has redeemed. */
export function canHold(coupon: Coupon, userCount: number, now: Date): boolean {
  const used = coupon.heldCount + coupon.redeemedCount;
  return (
    !isExpired(coupon, now) &&
    (coupon.redemptionLimit === 0 || used < coupon.redemptionLimit) &&
    (coupon.perUserLimit === 0 || userCount < coupon.perUserLimit)
  );
}

/** What the coupon takes off this subtotal now, rounded down, and never more than the subtotal. Minor units. */
export function discountOf(coupon: Coupon, subtotal: bigint, now: Date): bigint {
  if (isExpired(coupon, now) || subtotal < coupon.minimumSubtotal) {
    return 0n;
  }
  const off =
    coupon.benefit.kind === 'percent'
      ? (subtotal * BigInt(coupon.benefit.basisPoints)) / 10_000n
      : coupon.benefit.minorUnits;
  return off < subtotal ? off : subtotal;
}

function isExpired(coupon: Coupon, now: Date): boolean {
  return coupon.expireTime !== undefined && coupon.expireTime <= now;
}
