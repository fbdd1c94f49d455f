/** A PaymentIntent as Stripe's API shows it: the fields that its clients here read. Amounts in minor units. */
export type Intent = {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly amount_capturable: number;
  readonly amount_received: number;
  readonly currency: string;
  readonly status: 'requires_payment_method' | 'requires_capture' | 'succeeded' | 'canceled';
  readonly capture_method: 'manual';
  readonly payment_method: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly last_payment_error: ApiError | null;
  readonly cancellation_reason: string | null;
  /** Seconds since 1970. */
  readonly created: number;
  readonly livemode: false;
};

/** A Refund as Stripe's API shows it. */
export type Refund = {
  readonly id: string;
  readonly object: 'refund';
  readonly amount: number;
  readonly currency: string;
  readonly payment_intent: string;
  readonly status: 'succeeded' | 'failed';
  readonly failure_reason: 'expired_or_canceled_card' | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created: number;
};

/** What is wrong with a request, as Stripe's API says it. */
export type ApiError = {
  readonly type: 'card_error' | 'invalid_request_error' | 'idempotency_error' | 'api_error';
  readonly code?: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly param?: string;
};

/**
 * A line of the journal: what was done under a key, and what was answered. `create` and `abandon` make and end an
 * intent that never held anything; `return` is the customer's bank sending a refund back. All others move money on the
 * shop's behalf, where the outcome is `succeeded`.
 */
export type Entry = {
  readonly n: number;
  /** ISO 8601. */
  readonly time: string;
  readonly key: string;
  readonly operation: 'authorise' | 'capture' | 'void' | 'refund' | 'return' | 'create' | 'abandon';
  readonly amount: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly payment_id: string;
  readonly outcome: 'succeeded' | 'declined' | 'failed';
  /** The hash of the request that the key stands for. */
  readonly fingerprint: string;
  readonly status: number;
  readonly error?: ApiError;
  /** The intent as the operation left it. */
  readonly intent: Intent;
  readonly refund?: Refund;
};

/** What an entry's request was answered with, and is again under the same key. */
export function bodyOf(entry: Pick<Entry, 'error' | 'intent' | 'refund'>): object {
  if (entry.error !== undefined) {
    return { error: { ...entry.error, payment_intent: entry.intent } };
  }
  return entry.refund ?? entry.intent;
}
