import type { Operation } from './domain/attempt.ts';
import type { Account } from './domain/ledger.ts';
import type { Message, Refusal } from './domain/messages.ts';
import type { Payment, State } from './domain/payment.ts';
import type { PaymentRequest } from './domain/request.ts';

/** What the provider is asked, under its idempotency key. */
export type Ask = {
  readonly key: string;
  readonly operation: Operation;
  readonly paymentId: string;
  readonly orderId: string;
  /** In minor units. */
  readonly amount: bigint;
  readonly currency: string;
  /** The provider's token for the card; empty once the authorisation is settled. Never to be logged. */
  readonly token: string;
  /** The provider's id of the payment; empty until it is known. */
  readonly reference: string;
};

/** The provider couldn't be heard clearly: `code` says why, for people. */
export type Unclear = { readonly kind: 'unclear'; readonly code: string };

/** The provider said what happened. */
export type Heard = { readonly kind: 'heard'; readonly message: Message };

/** What came of a call. `not-sent`: surely nothing happened, and it may be tried again. */
export type Answer = Heard | Unclear | { readonly kind: 'not-sent'; readonly code: string };

/** What the provider knows of an attempt. `nothing`: it has not happened so far. */
export type Finding = Heard | Unclear | { readonly kind: 'nothing' };

/** What came of using a key up. `key-used`: the authorisation had its answer, which a repeat gives again. */
export type Forestalled = Heard | Unclear | { readonly kind: 'key-used' };

/** A webhook as verified. `message` is undefined where it is of no concern; `paymentId` where it names none. */
export type Webhook =
  | { readonly kind: 'forged' }
  | {
      readonly kind: 'event';
      readonly id: string;
      readonly type: string;
      readonly paymentId: string | undefined;
      readonly message: Message | undefined;
    };

/**
 * Who moves the money. None of the calls throws for what the provider or the network does; each ends within the
 * adapter's time-out. Repeating a call with the same ask is safe while the provider keeps the key (`keyLifetimeMs`).
 */
export type PaymentProvider = {
  readonly name: 'simulator' | 'stripe';
  authorise(ask: Ask): Promise<Answer>;
  capture(ask: Ask): Promise<Answer>;
  void(ask: Ask): Promise<Answer>;
  refund(ask: Ask): Promise<Answer>;
  /** What the provider knows of the attempt, without doing anything. */
  find(ask: Ask): Promise<Finding>;
  /** Uses up an authorisation's key without holding anything, so that a lost call can't take effect later. */
  forestall(ask: Ask): Promise<Forestalled>;
  /** Whether the provider sent this, lately and unaltered, and what it says. `signature` is the header's value. */
  verifyWebhook(body: Uint8Array, signature: string): Webhook;
};

/** A claimed attempt: what to ask and what is known of it. The claim runs out after `claimMs`. */
export type Job = Ask & {
  /** Grows with every claim: a result is recorded only under the last one. */
  readonly claim: bigint;
  /** Whether a call for it may have reached the provider before this claim. */
  readonly sent: boolean;
  /** How often it was claimed, this one included. */
  readonly tries: number;
  readonly cancelling: boolean;
  readonly deadline: Date;
  readonly createTime: Date;
  /** What set it off: its trace and correlation go on in the work done for it. */
  readonly origin: Origin;
};

/** Where a piece of work came from. */
export type Origin = {
  readonly correlationId: string;
  readonly causationId: string | undefined;
  /** W3C; empty when untraced. */
  readonly traceparent: string;
};

/** What applying a message came to. `opened`: how many attempts now wait for a worker. */
export type Applied =
  | { readonly kind: 'applied'; readonly payment: Payment; readonly opened: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unknown-payment' };

/** What can be done within a transaction. */
export type PaymentWriter = {
  /** Stores a new payment with its attempt; false when it is there already. */
  insert(request: PaymentRequest & { readonly token: string; readonly deadline: Date }): Promise<boolean>;
  /**
   * Locks payments at once that are to be changed one by one; one that doesn't exist is passed over. What follows for
   * them is stored when the function is called that this resolves to.
   */
  together(paymentIds: readonly string[]): Promise<() => Promise<void>>;
  /** Locks the payment until the end, decides, and stores what follows: buckets, attempts, ledger, facts. */
  apply(paymentId: string, message: Message): Promise<Applied>;
  /** Notes a provider's event; false when it was received before. */
  noteWebhook(event: {
    readonly id: string;
    readonly type: string;
    readonly paymentId: string | undefined;
  }): Promise<boolean>;
};

/** Which open attempts to claim: those that no call was made for, or those whose outcome is to be found out. */
export type Claimable = 'unsent' | 'sent';

/** An attempt as people see it. */
export type StoredPayment = Payment & {
  readonly provider: string;
  readonly revision: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** When each attempt was stored, in their order. */
  readonly attemptTimes: readonly Date[];
};

/** A line of the ledger as stored. */
export type LedgerEntry = {
  readonly entryId: bigint;
  readonly transactionId: string;
  readonly paymentId: string;
  readonly account: Account;
  readonly currency: string;
  readonly amount: bigint;
  readonly createTime: Date;
};

/** Which payments to list, newest first, beginning after the id `before`. */
export type PaymentQuery = {
  readonly orderId: string | undefined;
  readonly userId: string | undefined;
  readonly state: State | undefined;
  readonly before: string | undefined;
  readonly limit: number;
};

/** What recording a job's answer came to. `opened`: how many attempts now wait for a worker. */
export type Recorded =
  | { readonly kind: 'recorded'; readonly opened: number }
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The service's data. */
export type PaymentStore = {
  transaction<R>(work: (payments: PaymentWriter) => Promise<R>): Promise<R>;
  /** Claims attempts that are due, oldest first; those that somebody else is claiming are left out. */
  claim(which: Claimable, limit: number): Promise<readonly Job[]>;
  /**
   * Stores what came of a job, with everything that follows, in one transaction. Nothing is stored when the attempt was
   * settled otherwise or claimed again in the meantime.
   */
  record(job: Job, answer: Answer): Promise<Recorded>;
  /** Makes this instance's claims due: whatever it was doing before it was started is lost. */
  releaseClaims(): Promise<void>;
  /** Forgets webhook events received before this time; the provider repeats none for so long. */
  forgetWebhooks(before: Date): Promise<void>;
  find(paymentId: string): Promise<StoredPayment | undefined>;
  /** Without attempts. */
  list(query: PaymentQuery): Promise<readonly StoredPayment[]>;
  entries(paymentId: string, after: bigint, limit: number): Promise<readonly LedgerEntry[]>;
};
