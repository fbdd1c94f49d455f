import type { Advanced, Message, Waits } from './domain/checkout.ts';
import type { OrderLine, PricedLine } from './domain/money.ts';
import type { Address, Change, HistoryEntry, Order } from './domain/order.ts';
import type { State } from './domain/order-state.ts';
import type { Shipment } from './domain/shipping.ts';

/** The time and new ids, given so that tests can hold them. `uuid` is a UUIDv7. */
export type Surroundings = { readonly now: () => Date; readonly uuid: () => string; readonly waits: Waits };

/** An order with everything that is told of it. */
export type OrderView = {
  readonly order: Order;
  readonly lines: readonly OrderLine[];
  /** Undefined for a counter sale. */
  readonly address: Address | undefined;
  readonly shipments: readonly Shipment[];
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
};

/** The orders inside one transaction. What is saved is published with the same commit. */
export type OrderStore = {
  /** Writes a new order down, with its facts. */
  insert(change: Change, lines: readonly OrderLine[], address: Address | undefined): Promise<void>;
  /** The order, kept from other changes until the transaction ends; undefined when there is none. */
  lock(orderId: string): Promise<Order | undefined>;
  /** Writes a change of a locked order down, with its facts. Throws when the order has changed since. */
  save(change: Change): Promise<void>;
  /** Everything told of the order, as this transaction has made it. */
  view(orderId: string): Promise<OrderView | undefined>;
  insertShipment(orderId: string, shipment: Shipment): Promise<void>;
  markDelivered(shipmentId: string, time: Date): Promise<void>;
  /** How many of a user's orders are unsettled. Until the transaction ends nobody else counts this user's. */
  countUnsettled(userId: string): Promise<number>;
};

/** Which orders to list: newest first, those before `before` (an order's id) in that order. */
export type OrderQuery = {
  readonly userId: string | undefined;
  readonly state: State | undefined;
  readonly before: string | undefined;
  readonly limit: number;
};

/** The orders outside of a transaction, for reading. */
export type OrderReader = {
  view(orderId: string): Promise<OrderView | undefined>;
  /** Without history. */
  list(query: OrderQuery): Promise<readonly OrderView[]>;
  /** Those of the orders that have a higher revision than the one that is known. */
  changed(known: ReadonlyMap<string, bigint>): Promise<readonly OrderView[]>;
  /** The orders whose deadline has passed, the longest overdue first. */
  due(now: Date, limit: number): Promise<readonly string[]>;
};

/** Tells of changes of orders, whichever replica made them. */
export type OrderChanges = {
  /** The order as soon as it has a higher revision than this; undefined once the signal is aborted. */
  after(orderId: string, revision: bigint, signal: AbortSignal): Promise<OrderView | undefined>;
};

/** A cart as it would be ordered now. */
export type CartQuote = {
  readonly kind: 'quoted';
  readonly currency: string;
  readonly lines: readonly (PricedLine & { readonly unavailable: boolean })[];
  readonly discount: bigint;
  readonly couponCode: string | undefined;
  /** Changes with every change of the cart. */
  readonly etag: string;
};

/** The cart service. */
export type CartQuotes = {
  /** Prices a cart of the user's. Throws when the service can't be reached. */
  quote(cartId: string, userId: string): Promise<CartQuote | { readonly kind: 'no-such-cart' }>;
};

/** Counts what checkouts come to. Has no effect on them. */
export type CheckoutObserver = {
  placed(order: Order): void;
  advanced(before: Order, message: Message, advanced: Advanced): void;
};

/** What placing an order costs and how many may be under way. */
export type PlacingPolicy = {
  /** For a delivery, in minor units of the order's currency. */
  readonly deliveryFee: bigint;
  /** How many unsettled orders a user may have. Sales of a till don't count. */
  readonly maxUnsettled: number;
};
