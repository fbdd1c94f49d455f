import type { MessageInitShape } from '@bufbuild/protobuf';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { type DomainEvent, domainEvent } from '#platform/events/domain-event.ts';
import type { Fact, Payment } from '../domain/payment.ts';

type Event = NonNullable<MessageInitShape<typeof PaymentEventSchema>['event']>;

/** A fact as it is published. `after` is the payment as the fact left it; its version is the fact's sequence. */
export function paymentEvent(after: Payment, fact: Fact): DomainEvent {
  return domainEvent(
    PaymentEventSchema,
    { id: after.id, sequence: after.version },
    { event: toEvent(after, fact) },
  );
}

function toEvent(payment: Payment, fact: Fact): Event {
  const ids = { paymentId: payment.id, orderId: payment.orderId };
  const money = (minorUnits: bigint) => ({ currencyCode: payment.currency, minorUnits });
  switch (fact.kind) {
    case 'authorised':
      return { case: 'authorised', value: { ...ids, amount: money(payment.authorised) } };
    case 'declined':
      return { case: 'declined', value: { ...ids, declineCode: fact.code } };
    case 'outcome-unknown':
      return { case: 'outcomeUnknown', value: ids };
    case 'captured':
      return { case: 'captured', value: { ...ids, captured: money(fact.amount) } };
    case 'capture-failed':
      return { case: 'captureFailed', value: { ...ids, failureCode: fact.code } };
    case 'voided':
    // To the order it is all one why there is no hold any more.
    case 'expired':
      return { case: 'voided', value: ids };
    case 'refunded-in-part':
    case 'refunded-in-full':
      return { case: 'refunded', value: { ...ids, ...refund(payment, fact.amount) } };
    case 'refund-returned':
      return {
        case: 'refundReturned',
        value: { ...ids, amount: money(fact.amount), owed: money(payment.owed), failureCode: fact.code },
      };
    case 'nothing-held':
      return payment.state === 'REFUNDED'
        ? { case: 'refunded', value: { ...ids, ...refund(payment, 0n) } }
        : { case: 'voided', value: ids };
    default:
      return fact satisfies never;
  }

  function refund(of: Payment, amount: bigint) {
    return { amount: money(amount), refunded: money(of.refunded), captured: money(of.captured) };
  }
}
