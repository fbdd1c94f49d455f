import type { ColumnType, Generated } from 'kysely';
import type { Operation, Outcome } from '../domain/attempt.ts';
import type { Account } from '../domain/ledger.ts';
import type { State } from '../domain/payment.ts';

/** The service's tables, as the migrations make them; README.md says what each is for. */
export type PaymentTables = {
  payment: {
    payment_id: string;
    order_id: string;
    user_id: string;
    state: State;
    currency: string;
    amount: bigint;
    authorised: bigint;
    captured: bigint;
    refunded: bigint;
    owed: Generated<bigint>;
    cancelling: boolean;
    provider: string;
    provider_reference: string;
    /** Empty once the authorisation is settled: nobody needs it any more. */
    payment_method_token: string;
    decline_code: string;
    deadline: Date;
    /** How many facts were published; the last one's sequence. */
    version: bigint;
    /** Rises with every change. */
    revision: Generated<bigint>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  attempt: {
    idempotency_key: string;
    payment_id: string;
    /** From 1, in the order of opening. */
    position: number;
    operation: Operation;
    amount: bigint;
    currency: string;
    outcome: Outcome;
    failure_code: string;
    sent: boolean;
    tries: Generated<number>;
    /** Rises with every claim: the fence of whoever claimed it. */
    claim: Generated<bigint>;
    claimed_by: Generated<string>;
    next_try_at: ColumnType<Date, Date | undefined, Date>;
    reason: string;
    requested_by: string;
    correlation_id: string;
    causation_id: string | null;
    traceparent: string;
    created_at: Generated<Date>;
    settled_at: ColumnType<Date | null, never, Date | null>;
  };
  ledger_entry: {
    entry_id: Generated<bigint>;
    transaction_id: string;
    payment_id: string;
    account: Account;
    currency: string;
    amount: bigint;
    created_at: Generated<Date>;
  };
  webhook_event: {
    event_id: string;
    type: string;
    payment_id: string | null;
    received_at: Generated<Date>;
  };
};

// Named one by one, so that a statement goes on working when a migration adds another.

/** The columns of a payment. */
export const paymentColumns = [
  'payment_id',
  'order_id',
  'user_id',
  'state',
  'currency',
  'amount',
  'authorised',
  'captured',
  'refunded',
  'owed',
  'cancelling',
  'provider',
  'provider_reference',
  'payment_method_token',
  'decline_code',
  'deadline',
  'version',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof PaymentTables['payment'])[];

/** The columns of an attempt. */
export const attemptColumns = [
  'idempotency_key',
  'payment_id',
  'position',
  'operation',
  'amount',
  'currency',
  'outcome',
  'failure_code',
  'sent',
  'tries',
  'claim',
  'claimed_by',
  'next_try_at',
  'reason',
  'requested_by',
  'correlation_id',
  'causation_id',
  'traceparent',
  'created_at',
  'settled_at',
] as const satisfies readonly (keyof PaymentTables['attempt'])[];
