/** What a person asks to be paid back. */
export type RefundWish = {
  /** Tells this refund from the payment's others; the same again is the same refund. */
  readonly which: string;
  /** In minor units; undefined for all that is left. */
  readonly amount: bigint | undefined;
  /** The amount's currency; undefined with the amount. */
  readonly currency: string | undefined;
  readonly reason: string;
  /** The person's user id. */
  readonly requestedBy: string;
};

/**
 * Everything that a payment can hear, whoever tells it: the provider's answer to a call, a webhook, what the
 * reconciler found, an order's fact or a person. Amounts are in minor units of the payment's currency.
 */
export type Message =
  /** The provider holds the amount. */
  | { readonly kind: 'authorised'; readonly reference: string; readonly amount: bigint }
  /** The card said no. */
  | { readonly kind: 'declined'; readonly code: string }
  /** No authorisation took effect, and none can any more. */
  | { readonly kind: 'no-hold'; readonly code: string }
  /** The attempt with this key may or may not have happened. */
  | { readonly kind: 'unclear'; readonly key: string; readonly code: string }
  | { readonly kind: 'capture-requested'; readonly amount: bigint }
  /** The provider took this much, in all, of what it held. */
  | { readonly kind: 'captured'; readonly reference: string; readonly amount: bigint }
  /** The capture is refused for good. */
  | { readonly kind: 'capture-failed'; readonly code: string }
  | { readonly kind: 'cancel-requested' }
  /** The hold was given up. */
  | { readonly kind: 'voided' }
  /** The hold ran out. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refund-requested'; readonly refund: RefundWish }
  /** The refund attempt with this key is done. */
  | { readonly kind: 'refunded'; readonly key: string }
  | { readonly kind: 'refund-failed'; readonly key: string; readonly code: string };

/** Why a message is not accepted. */
export type Refusal =
  /** More than was captured, less what is paid back or on its way. */
  | 'refund-too-large'
  /** The amount's currency isn't the payment's. */
  | 'currency-mismatch'
  /** The payment isn't captured, or its order is being cancelled. */
  | 'not-refundable'
  /** A capture was asked for before there was a hold, which no order does. */
  | 'not-authorised'
  /** The provider speaks of another amount than it was asked for, which a person must look at. */
  | 'amount-mismatch';
