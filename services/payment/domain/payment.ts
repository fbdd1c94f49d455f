import { type Attempt, isOpen } from './attempt.ts';

/** How far a payment has come; the meanings are those of the contract's Payment.State. */
export const states = [
  'PENDING',
  'UNKNOWN',
  'AUTHORISED',
  'CAPTURED',
  'DECLINED',
  'VOIDED',
  'REFUNDED',
  'EXPIRED',
] as const;

/** One of `states`. */
export type State = (typeof states)[number];

/** The money of an order, in minor units. 0 <= owed <= refunded <= captured <= authorised <= amount, always. */
export type Payment = {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly state: State;
  /** ISO 4217. One currency from the order to the last refund. */
  readonly currency: string;
  readonly amount: bigint;
  readonly authorised: bigint;
  readonly captured: bigint;
  readonly refunded: bigint;
  /** What was paid back and came back: the customer is to have it by another way. */
  readonly owed: bigint;
  /** The order is being undone: whatever is held or taken is given back. Never unset. */
  readonly cancelling: boolean;
  /** The provider's id; empty until it is known. */
  readonly reference: string;
  /** Why the card said no; empty unless DECLINED. */
  readonly declineCode: string;
  /** How many facts were published. */
  readonly version: bigint;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
};

/** What can happen to a payment that its history tells. */
export type Fact =
  | { readonly kind: 'authorised'; readonly reference: string }
  | { readonly kind: 'declined'; readonly code: string }
  | { readonly kind: 'outcome-unknown' }
  | { readonly kind: 'captured'; readonly amount: bigint }
  | { readonly kind: 'capture-failed'; readonly code: string }
  | { readonly kind: 'voided' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'refunded-in-part'; readonly amount: bigint }
  | { readonly kind: 'refunded-in-full'; readonly amount: bigint }
  | { readonly kind: 'refund-returned'; readonly amount: bigint; readonly code: string }
  /** Nothing new: the answer to a cancellation that found the payment already undone. */
  | { readonly kind: 'nothing-held' };

/** Facts, which are published, and what the service keeps to itself. */
export type Change =
  | Fact
  | { readonly kind: 'cancel-wished' }
  | { readonly kind: 'attempt-opened'; readonly attempt: Attempt }
  | {
      readonly kind: 'attempt-settled';
      readonly key: string;
      readonly outcome: 'SUCCEEDED' | 'FAILED' | 'UNKNOWN' | 'RETURNED';
      readonly code: string;
    };

/**
 * The payment's state machine: by state, what each fact makes of it. A fact that isn't named for a state can't be
 * stated in it. The edges out of DECLINED and VOIDED are for a hold that turns up where none should be: it is written
 * down so that it can be given up.
 */
export const transitions: { readonly [S in State]: { readonly [K in Fact['kind']]?: State } } = {
  PENDING: {
    authorised: 'AUTHORISED',
    declined: 'DECLINED',
    'outcome-unknown': 'UNKNOWN',
    voided: 'VOIDED',
  },
  UNKNOWN: { authorised: 'AUTHORISED', declined: 'DECLINED', voided: 'VOIDED' },
  AUTHORISED: {
    captured: 'CAPTURED',
    'capture-failed': 'AUTHORISED',
    voided: 'VOIDED',
    expired: 'EXPIRED',
  },
  CAPTURED: {
    'refunded-in-part': 'CAPTURED',
    'refunded-in-full': 'REFUNDED',
    'refund-returned': 'CAPTURED',
  },
  DECLINED: { authorised: 'AUTHORISED', 'capture-failed': 'DECLINED', 'nothing-held': 'DECLINED' },
  VOIDED: { authorised: 'AUTHORISED', 'capture-failed': 'VOIDED', 'nothing-held': 'VOIDED' },
  REFUNDED: { 'refund-returned': 'REFUNDED', 'nothing-held': 'REFUNDED' },
  EXPIRED: { 'capture-failed': 'EXPIRED', 'nothing-held': 'EXPIRED' },
};

/** The payment after a change. Throws when the change can't happen in its state, which is a bug. */
export function evolve(payment: Payment, change: Change): Payment {
  switch (change.kind) {
    case 'cancel-wished':
      return { ...payment, cancelling: true };
    case 'attempt-opened':
      return { ...payment, attempts: [...payment.attempts, change.attempt] };
    case 'attempt-settled':
      return {
        ...payment,
        attempts: payment.attempts.map((attempt) =>
          attempt.key === change.key
            ? { ...attempt, outcome: change.outcome, failureCode: change.code }
            : attempt,
        ),
      };
    default:
      return afterFact(payment, change);
  }
}

/** Whether a change is a fact, to be published. */
export function isFact(change: Change): change is Fact {
  return !['cancel-wished', 'attempt-opened', 'attempt-settled'].includes(change.kind);
}

/** The refunds that are asked for and not answered, in minor units. */
export function refunding(payment: Payment): bigint {
  return payment.attempts
    .filter((attempt) => attempt.operation === 'REFUND' && isOpen(attempt))
    .reduce((sum, attempt) => sum + attempt.amount, 0n);
}

/** What can still be paid back: neither paid back nor on its way back. */
export function refundable(payment: Payment): bigint {
  return payment.captured - payment.refunded - refunding(payment);
}

function afterFact(payment: Payment, fact: Fact): Payment {
  const state = transitions[payment.state][fact.kind];
  if (state === undefined) {
    throw new Error(`A payment that is ${payment.state} can't be ${fact.kind}`);
  }
  const after = { ...payment, state, version: payment.version + 1n };
  switch (fact.kind) {
    case 'authorised':
      return { ...after, authorised: payment.amount, reference: fact.reference, declineCode: '' };
    case 'declined':
      return { ...after, declineCode: fact.code };
    case 'captured':
      return { ...after, captured: fact.amount };
    case 'refunded-in-part':
    case 'refunded-in-full':
      return { ...after, refunded: payment.refunded + fact.amount };
    case 'refund-returned':
      return { ...after, owed: payment.owed + fact.amount };
    case 'outcome-unknown':
    case 'capture-failed':
    case 'voided':
    case 'expired':
    case 'nothing-held':
      return after;
    default:
      return fact satisfies never;
  }
}
