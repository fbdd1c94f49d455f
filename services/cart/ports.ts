import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import type { DomainEvent } from '#platform/events/domain-event.ts';
import type { Line, Variant } from './domain/cart.ts';
import type { Coupon, HoldState, HoldStep } from './domain/coupon.ts';

/** Whose cart: a signed-in user's, or that of whoever knows the guest's secret. */
export type Owner = { readonly userId: string } | { readonly guestHash: Buffer };

/** A cart as stored, without prices. */
export type StoredCart = {
  readonly cartId: string;
  readonly userId: string | undefined;
  readonly couponCode: string | undefined;
  /** How many changes the cart has seen. Each is one fact, numbered by it. */
  readonly version: bigint;
  readonly lines: readonly Line[];
  readonly expireTime: Date;
  readonly createTime: Date;
  readonly updateTime: Date;
};

/** What an order holds of a coupon. */
export type Hold = {
  readonly orderId: string;
  readonly code: string;
  readonly userId: string;
  readonly state: HoldState;
  readonly version: bigint;
};

/** A cart with the variants in it, by SKU; one that the catalogue doesn't know is missing. */
export type FoundCart = { readonly cart: StoredCart; readonly variants: ReadonlyMap<string, Variant> };

/** Reads that need no transaction. */
export type CartReader = {
  /** A cart and what its lines are priced by, as of one moment. */
  find(by: Owner | { readonly cartId: string }): Promise<FoundCart | undefined>;
  variants(skus: readonly string[]): Promise<ReadonlyMap<string, Variant>>;
  coupon(code: string): Promise<Coupon | undefined>;
};

/** A change of a cart as a fact, for the writer to number. */
export type CartFact = NonNullable<MessageInitShape<typeof CartEventSchema>['event']>;

/** What can be done within a transaction. Locks are taken in the order: cart (by id), coupon. */
export type CartWriter = CartReader & {
  /** The owner's cart, made if there is none, locked until the end. */
  open(owner: Owner): Promise<StoredCart>;
  /** The carts with these ids that exist, locked until the end. */
  lock(cartIds: readonly string[]): Promise<readonly StoredCart[]>;
  /** Raises the cart's version, puts its expiry off, and states the change as a fact. */
  record(cart: StoredCart, fact: CartFact): Promise<void>;
  addQuantities(cartId: string, deltas: readonly Line[]): Promise<void>;
  removeLines(cartId: string, skus: readonly string[]): Promise<void>;
  setCoupon(cartId: string, code: string | undefined): Promise<void>;
  drop(cartId: string): Promise<void>;
  /** Up to `limit` carts past their time, locked; those that somebody else has locked are left out. */
  expired(now: Date, limit: number): Promise<readonly StoredCart[]>;

  /** False when the code is taken. */
  insertCoupon(coupon: Coupon): Promise<boolean>;
  /** The coupon, locked until the end. */
  lockCoupon(code: string): Promise<Coupon | undefined>;
  /** The order's hold, locked until the end. */
  hold(orderId: string): Promise<Hold | undefined>;
  /** How many orders of the user hold or have redeemed the coupon. */
  userCount(code: string, userId: string): Promise<number>;
  saveHold(hold: Hold, step: Pick<HoldStep, 'held' | 'redeemed'>): Promise<void>;

  startCheckout(orderId: string, cartId: string, lines: readonly Line[]): Promise<void>;
  /** What was checked out by the order, once: asking again gives undefined. */
  takeCheckout(orderId: string): Promise<{ cartId: string; lines: readonly Line[] } | undefined>;

  /** The product's variants are these from now on; others that it had are off sale. Prices by SKU, in minor units. */
  replaceVariants(
    product: Pick<Variant, 'productId' | 'title' | 'categoryPath' | 'available'> & {
      readonly prices: ReadonlyMap<string, bigint | undefined>;
    },
  ): Promise<void>;
  setPrice(sku: string, unitPrice: bigint): Promise<void>;
  withdraw(productId: string): Promise<void>;

  append(...events: readonly DomainEvent[]): void;
};
