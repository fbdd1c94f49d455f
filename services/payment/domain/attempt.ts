/** What the provider is asked for. */
export const operations = ['AUTHORISE', 'CAPTURE', 'VOID', 'REFUND'] as const;

/** One of `operations`. */
export type Operation = (typeof operations)[number];

/**
 * What became of an attempt. PENDING and UNKNOWN are open: the workers see to them. RETURNED is a refund that was done,
 * and that the customer's bank sent back later.
 */
export type Outcome = 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'UNKNOWN' | 'RETURNED';

/** A thing asked of the provider, once, under one idempotency key. Texts are empty where there is nothing to say. */
export type Attempt = {
  /** The provider's idempotency key. Unique over all payments, and stored before the first call. */
  readonly key: string;
  readonly operation: Operation;
  /** In minor units of the payment's currency. */
  readonly amount: bigint;
  readonly outcome: Outcome;
  /** The provider's word on a failure. */
  readonly failureCode: string;
  /** Whether a call for it may have reached the provider. */
  readonly sent: boolean;
  /** Why it was asked for, as a person said. */
  readonly reason: string;
  /** The person's user id. */
  readonly requestedBy: string;
};

/** A new attempt that no call was made for. */
export function newAttempt(
  of: Pick<Attempt, 'key' | 'operation' | 'amount'> & Partial<Pick<Attempt, 'reason' | 'requestedBy'>>,
): Attempt {
  return { outcome: 'PENDING', failureCode: '', sent: false, reason: '', requestedBy: '', ...of };
}

/** Whether what became of the attempt is still to be found out. */
export function isOpen(attempt: Attempt): boolean {
  return attempt.outcome === 'PENDING' || attempt.outcome === 'UNKNOWN';
}

/** The key of the one authorisation, capture or void that a payment can have. */
export function onlyKey(paymentId: string, operation: 'AUTHORISE' | 'CAPTURE' | 'VOID'): string {
  return `${paymentId}:${operation.toLowerCase()}`;
}

/** The key of a refund: `which` tells it from the payment's others. */
export function refundKey(paymentId: string, which: string): string {
  return `${paymentId}:refund:${which}`;
}
