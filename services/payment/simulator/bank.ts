import { randomBytes } from 'node:crypto';
import type { Script } from './cards.ts';
import type { ApiError, Entry, Intent, Refund } from './objects.ts';

/** What an operation did, as the journal is to have it. */
export type DoneEntry = Pick<
  Entry,
  'operation' | 'amount' | 'outcome' | 'status' | 'intent' | 'refund' | 'error'
>;

/** What an operation came to: an entry to write down, or an error that leaves no trace and keeps the key unused. */
export type Done =
  | {
      readonly kind: 'done';
      readonly entry: DoneEntry;
    }
  | { readonly kind: 'invalid'; readonly status: 400 | 404; readonly error: ApiError };

/** What a new intent is made from. `script` is that of the card, when it is to be confirmed at once. */
export type NewIntent = {
  readonly amount: number;
  /** Lower case. */
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly card: { readonly token: string; readonly script: Script } | undefined;
  /** Seconds since 1970. */
  readonly created: number;
};

/** Makes an intent, and holds its amount when a card is given and agrees. */
export function createIntent(of: NewIntent): Done {
  const made: Intent = {
    id: newId('pi'),
    object: 'payment_intent',
    amount: of.amount,
    amount_capturable: 0,
    amount_received: 0,
    currency: of.currency,
    status: 'requires_payment_method',
    capture_method: 'manual',
    payment_method: of.card?.token ?? null,
    metadata: of.metadata,
    last_payment_error: null,
    cancellation_reason: null,
    created: of.created,
    livemode: false,
  };
  if (of.card === undefined) {
    return done('create', of.amount, made);
  }
  const { authorise } = of.card.script;
  if (typeof authorise === 'object') {
    const error = declined(authorise.decline);
    return refused('authorise', of.amount, 'declined', { ...made, last_payment_error: error }, error);
  }
  return done('authorise', of.amount, { ...made, status: 'requires_capture', amount_capturable: of.amount });
}

/** Takes what an intent holds, or a part of it; the rest is let go. */
export function captureIntent(intent: Intent, amount: number | undefined, script: Script | undefined): Done {
  if (intent.status !== 'requires_capture') {
    return unexpectedState(intent);
  }
  const taken = amount ?? intent.amount_capturable;
  if (taken <= 0 || taken > intent.amount_capturable) {
    return invalid('amount_too_large', 'More than is held cannot be captured.', 'amount_to_capture');
  }
  if (script?.capture === 'fail') {
    return refused('capture', taken, 'failed', intent, declined('generic_decline'));
  }
  return done('capture', taken, {
    ...intent,
    status: 'succeeded',
    amount_capturable: 0,
    amount_received: taken,
  });
}

/** Gives up what an intent holds, or an intent that holds nothing. */
export function cancelIntent(intent: Intent, reason: string | undefined): Done {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    return unexpectedState(intent);
  }
  const operation = intent.status === 'requires_capture' ? 'void' : 'abandon';
  const cancelled = {
    ...intent,
    status: 'canceled',
    amount_capturable: 0,
    cancellation_reason: reason ?? null,
  } as const;
  return done(operation, intent.amount, cancelled);
}

/** Pays back what was taken, or a part of it. `refunded` is what was paid back before. */
export function refundIntent(
  intent: Intent,
  refunded: number,
  of: {
    readonly amount: number | undefined;
    readonly metadata: Readonly<Record<string, string>>;
    readonly created: number;
  },
): Done {
  if (intent.status !== 'succeeded') {
    return unexpectedState(intent);
  }
  const left = intent.amount_received - refunded;
  const amount = of.amount ?? left;
  if (left === 0) {
    return invalid('charge_already_refunded', 'All of it is paid back already.');
  }
  if (amount <= 0 || amount > left) {
    return invalid('amount_too_large', 'More than is left cannot be paid back.', 'amount');
  }
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    currency: intent.currency,
    payment_intent: intent.id,
    status: 'succeeded',
    failure_reason: null,
    metadata: of.metadata,
    created: of.created,
  };
  return {
    kind: 'done',
    entry: { operation: 'refund', amount, outcome: 'succeeded', status: 200, intent, refund },
  };
}

/** What sending a refund back comes to. */
export function returnRefund(intent: Intent, refund: Refund): DoneEntry {
  return {
    ...{ operation: 'return', amount: refund.amount, outcome: 'succeeded', status: 200, intent },
    refund: { ...refund, status: 'failed', failure_reason: 'expired_or_canceled_card' },
  };
}

/** An error of the request, which leaves its key unused. */
export function invalid(code: string, message: string, param?: string): Done {
  const error: ApiError = { type: 'invalid_request_error', code, message };
  return {
    kind: 'invalid',
    status: code === 'resource_missing' ? 404 : 400,
    error: param === undefined ? error : { ...error, param },
  };
}

/** An identifier as Stripe's look. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

function done(operation: Entry['operation'], amount: number, intent: Intent): Done {
  return { kind: 'done', entry: { operation, amount, outcome: 'succeeded', status: 200, intent } };
}

function refused(
  operation: Entry['operation'],
  amount: number,
  outcome: 'declined' | 'failed',
  intent: Intent,
  error: ApiError,
): Done {
  return { kind: 'done', entry: { operation, amount, outcome, status: 402, intent, error } };
}

function declined(code: string): ApiError {
  return { type: 'card_error', code: 'card_declined', decline_code: code, message: 'The card was declined.' };
}

function unexpectedState(intent: Intent): Done {
  return invalid('payment_intent_unexpected_state', `The intent is ${intent.status}.`);
}
