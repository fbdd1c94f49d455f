import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Attempt_Operation,
  Attempt_Outcome,
  LedgerEntry_Account,
  type LedgerEntrySchema,
  Payment_State,
  type PaymentSchema,
} from '#gen/shopverse/payment/v1/payment_pb.ts';
import type { State } from './domain/payment.ts';
import { states } from './domain/payment.ts';
import type { LedgerEntry, StoredPayment } from './ports.ts';

/** A payment as callers see it. Neither the card's token nor who asked for a refund is shown. */
export function toPaymentMessage(payment: StoredPayment): MessageInitShape<typeof PaymentSchema> {
  const money = (minorUnits: bigint) => ({ currencyCode: payment.currency, minorUnits });
  return {
    paymentId: payment.id,
    orderId: payment.orderId,
    userId: payment.userId,
    state: Payment_State[payment.state],
    amount: money(payment.amount),
    authorised: money(payment.authorised),
    captured: money(payment.captured),
    refunded: money(payment.refunded),
    owed: money(payment.owed),
    provider: payment.provider,
    providerReference: payment.reference,
    declineCode: payment.declineCode,
    attempts: payment.attempts.map((attempt, index) => {
      const time = payment.attemptTimes[index];
      return {
        idempotencyKey: attempt.key,
        operation: Attempt_Operation[attempt.operation],
        amount: money(attempt.amount),
        outcome: Attempt_Outcome[attempt.outcome],
        failureCode: attempt.failureCode,
        ...(time === undefined ? {} : { createTime: timestampFromDate(time) }),
      };
    }),
    createTime: timestampFromDate(payment.createTime),
    updateTime: timestampFromDate(payment.updateTime),
    etag: payment.revision.toString(),
  };
}

/** A ledger line as callers see it. */
export function toEntryMessage(entry: LedgerEntry): MessageInitShape<typeof LedgerEntrySchema> {
  return {
    entryId: entry.entryId.toString(),
    transactionId: entry.transactionId,
    paymentId: entry.paymentId,
    account: LedgerEntry_Account[entry.account],
    amount: { currencyCode: entry.currency, minorUnits: entry.amount },
    createTime: timestampFromDate(entry.createTime),
  };
}

/** The state that a request names; undefined when it names none. */
export function fromStateMessage(state: Payment_State): State | undefined {
  return states.find((candidate) => Payment_State[candidate] === state);
}
