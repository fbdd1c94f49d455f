import type { Method } from '../domain/checkout-steps.ts';
import { type Charges, type Money, type PricedLine, price, type TotalRefused } from '../domain/money.ts';
import { type Address, type Channel, place } from '../domain/order.ts';
import type {
  CartQuote,
  CheckoutObserver,
  OrderStore,
  OrderView,
  PlacingPolicy,
  Surroundings,
} from '../ports.ts';

/** What is bought: a priced cart, or a basket as a till has priced it. */
export type Source =
  | { readonly kind: 'cart'; readonly cartId: string; readonly quote: CartQuote | { kind: 'no-such-cart' } }
  | {
      readonly kind: 'basket';
      readonly userId: string;
      readonly currency: string;
      readonly lines: readonly PricedLine[];
    };

/** A wish to order. */
export type PlaceOrder = {
  readonly caller: { readonly userId: string; readonly isTill: boolean };
  readonly source: Source;
  readonly paymentMethodToken: string;
  readonly method: Method;
  readonly address: Address | undefined;
  readonly expectedTotal: Money | undefined;
};

/** Why nothing was ordered. */
export type PlacingRefused =
  | { readonly kind: 'quote-not-allowed' | 'no-such-cart' | 'cart-empty' }
  | { readonly kind: 'cart-already-ordered' }
  | { readonly kind: 'too-many-open'; readonly limit: number }
  | { readonly kind: 'unavailable'; readonly sku: string }
  | { readonly kind: 'price-changed'; readonly expected: Money; readonly actual: Money }
  | TotalRefused;

type Basket = {
  readonly userId: string;
  readonly channel: Channel;
  readonly currency: string;
  readonly lines: readonly PricedLine[];
  readonly discount: bigint;
  readonly couponCode: string | undefined;
  readonly cartId: string | undefined;
  readonly cartEtag: string | undefined;
};

/** Writes an order down in state PLACED, at prices that are ours or a till's, or says why not. */
export async function placeOrder(
  { orders, policy, surroundings, observer }: PlacingPorts,
  wish: PlaceOrder,
): Promise<{ readonly kind: 'placed'; readonly view: OrderView } | PlacingRefused> {
  const basket = basketOf(wish);
  if ('kind' in basket) {
    return basket;
  }
  const shipping = wish.method === 'DELIVERY' ? policy.deliveryFee : 0n;
  const charges: Charges = { discount: basket.discount, shipping, tax: 0n };
  const priced = price(basket.currency, basket.lines, charges);
  if (priced.kind !== 'priced') {
    return priced;
  }
  const actual = { currency: basket.currency, minorUnits: priced.totals.total };
  const expected = wish.expectedTotal;
  if (
    expected !== undefined &&
    (expected.currency !== actual.currency || expected.minorUnits !== actual.minorUnits)
  ) {
    return { kind: 'price-changed', expected, actual };
  }
  if (basket.channel === 'ONLINE' && (await orders.countUnsettled(basket.userId)) >= policy.maxUnsettled) {
    return { kind: 'too-many-open', limit: policy.maxUnsettled };
  }
  const now = surroundings.now();
  const { currency: _, lines: __, discount: ___, ...known } = basket;
  const change = place(
    {
      ...known,
      orderId: surroundings.uuid(),
      placedBy: wish.caller.userId,
      totals: priced.totals,
      paymentMethodToken: wish.paymentMethodToken,
      method: wish.method,
    },
    now,
    new Date(now.getTime() + surroundings.waits.ReserveDeadline),
  );
  await orders.insert(change, priced.lines, wish.address);
  observer.placed(change.order);
  const { order, history } = change;
  return {
    kind: 'placed',
    view: { order, lines: priced.lines, address: wish.address, shipments: [], history },
  };
}

/** What `placeOrder` needs. */
export type PlacingPorts = {
  readonly orders: OrderStore;
  readonly policy: PlacingPolicy;
  readonly surroundings: Surroundings;
  readonly observer: CheckoutObserver;
};

function basketOf({ source, caller }: PlaceOrder): Basket | PlacingRefused {
  if (source.kind === 'basket') {
    const { kind: _, ...basket } = source;
    return caller.isTill
      ? { ...basket, channel: 'TILL', discount: 0n, ...noCart }
      : { kind: 'quote-not-allowed' };
  }
  const { quote, cartId } = source;
  if (quote.kind === 'no-such-cart') {
    return quote;
  }
  const unavailable = quote.lines.find((line) => line.unavailable);
  if (unavailable !== undefined) {
    return { kind: 'unavailable', sku: unavailable.sku };
  }
  if (quote.lines.length === 0) {
    return { kind: 'cart-empty' };
  }
  const { currency, lines, discount, couponCode } = quote;
  const cartEtag = quote.etag === '' ? undefined : quote.etag;
  return {
    userId: caller.userId,
    channel: 'ONLINE',
    currency,
    lines,
    discount,
    couponCode,
    cartId,
    cartEtag,
  };
}

const noCart = { couponCode: undefined, cartId: undefined, cartEtag: undefined };
