/** A consumer of a service, and by topic the facts that must have an effect there; all others are skipped. */
export type Subscription = {
  readonly consumer: string;
  readonly service: string;
  readonly effects: Readonly<Record<string, readonly string[]>>;
};

const order = 'shopverse.order.v1';
const inventory = 'shopverse.inventory.v1';
const payment = 'shopverse.payment.v1';
const cart = 'shopverse.cart.v1';
const product = 'shopverse.product.v1';

/** Who must react to what. Told here once more, apart from the services' code, so that a lost handler shows. */
export const subscriptions: readonly Subscription[] = [
  {
    consumer: 'shopverse.order.checkout',
    service: 'order',
    effects: {
      [inventory]: ['StockReserved', 'StockRejected', 'StockCommitted', 'StockReleased', 'StockReturned'],
      [cart]: ['CouponHeld', 'CouponRejected', 'CouponRedeemed', 'CouponReturned'],
      [payment]: [
        'PaymentAuthorised',
        'PaymentDeclined',
        'PaymentOutcomeUnknown',
        'PaymentCaptured',
        'PaymentCaptureFailed',
        'PaymentVoided',
        'PaymentRefunded',
      ],
    },
  },
  {
    consumer: 'shopverse.inventory.checkout',
    service: 'inventory',
    effects: { [order]: ['OrderPlaced', 'OrderConfirmed', 'OrderCancellationStarted', 'OrderRejected'] },
  },
  {
    consumer: 'shopverse.payment.checkout',
    service: 'payment',
    effects: { [order]: ['PaymentRequested', 'OrderConfirmed', 'OrderCancellationStarted'] },
  },
  {
    consumer: 'shopverse.cart.checkout',
    service: 'cart',
    effects: { [order]: ['OrderPlaced', 'OrderConfirmed', 'OrderCancellationStarted'] },
  },
  {
    consumer: 'shopverse.cart.catalogue',
    service: 'cart',
    effects: { [product]: ['ProductChanged', 'PriceChanged', 'ProductArchived'] },
  },
];

/** What the inbox must say of a fact of this type: its full name. */
export function outcomeOf({ effects }: Subscription, topic: string, type: string): 'effect' | 'skip' {
  return effects[topic]?.includes(type.slice(type.lastIndexOf('.') + 1)) ? 'effect' : 'skip';
}
