import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { type Consumer, consumer, subscribe } from '#platform/consumer/consumer.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import type { PaymentWriter } from './ports.ts';
import { followOrder } from './usecases/follow-order.ts';
import { requestPayment } from './usecases/request-payment.ts';

/** What payments do about orders' facts. `paymentsIn` gives the payments within a fact's transaction. */
export function orderConsumer<T>(database: Database<T>, paymentsIn: (tx: Tx<T>) => PaymentWriter): Consumer {
  return consumer({
    name: 'shopverse.payment.checkout',
    step: 'payment.checkout',
    database,
    // Small, as the calls to the provider wait for the commit.
    batchSize: 50,
    together: (facts, tx) =>
      paymentsIn(tx).together(
        facts.flatMap(({ fact }) => (fact as { readonly paymentId?: string }).paymentId || []),
      ),
    on: [
      subscribe<typeof OrderEventSchema, T>(OrderEventSchema, {
        paymentRequested: (fact, { tx }) =>
          requestPayment(paymentsIn(tx), {
            paymentId: fact.paymentId,
            orderId: fact.orderId,
            userId: fact.userId,
            currency: fact.amount?.currencyCode ?? '',
            amount: fact.amount?.minorUnits ?? 0n,
            token: fact.paymentMethodToken,
            deadline: deadlineOf(fact.deadline),
          }),

        confirmed: (fact, { tx }) =>
          followOrder(paymentsIn(tx), fact.paymentId, {
            kind: 'capture-requested',
            amount: fact.total?.minorUnits ?? 0n,
          }),

        cancellationStarted: async (fact, { tx }) => {
          // An order that was cancelled before it asked for a payment has none to undo.
          if (fact.paymentId !== '') {
            await followOrder(paymentsIn(tx), fact.paymentId, { kind: 'cancel-requested' });
          }
        },
      }),
    ],
  });
}

/** Orders always say until when they wait; one that doesn't is a fault that a person must see. */
function deadlineOf(deadline: Timestamp | undefined): Date {
  if (deadline === undefined) {
    throw new Error('A payment was requested without a deadline');
  }
  return timestampDate(deadline);
}
