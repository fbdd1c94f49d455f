import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { InventoryEventSchema } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { type Consumer, consumer, type Message as Received, subscribe } from '#platform/consumer/consumer.ts';
import type { Database } from '#platform/db/database.ts';
import { fromMoney } from './adapters/money-message.ts';
import { orderStore, ordersTogether } from './adapters/order-store.ts';
import type { OrderTables } from './adapters/tables.ts';
import type { BarePaymentType, BareType, Message } from './domain/checkout.ts';
import { type AdvancingPorts, advanceOrder } from './usecases/advance-order.ts';

type Heard = Received<OrderTables>;
type OfOrder = { readonly orderId: string };
type OfPayment = OfOrder & { readonly paymentId: string };

/** Takes the participants' answers to the checkouts of their orders. */
export function checkoutConsumer(
  database: Database<OrderTables>,
  ports: Omit<AdvancingPorts, 'orders'>,
): Consumer {
  const tell = async ({ orderId }: OfOrder, message: Message, { tx }: Heard) => {
    await advanceOrder({ ...ports, orders: orderStore(tx) }, orderId, message);
  };
  const says =
    (type: BareType) =>
    (fact: OfOrder, heard: Heard): Promise<void> =>
      tell(fact, { type }, heard);
  const saysOfPayment =
    (type: BarePaymentType) =>
    (fact: OfPayment, heard: Heard): Promise<void> =>
      tell(fact, { type, paymentId: fact.paymentId }, heard);

  return consumer<OrderTables>({
    name: 'shopverse.order.checkout',
    step: 'order.checkout',
    database,
    batchSize: 50,
    together: (facts, tx) =>
      ordersTogether.begin(
        tx,
        facts.map(({ fact }) => (fact as OfOrder).orderId),
      ),
    on: [
      subscribe(InventoryEventSchema, {
        reserved: says('StockReserved'),
        rejected: (fact, heard) =>
          tell(fact, { type: 'StockRejected', shortSkus: fact.shortages.map(({ sku }) => sku) }, heard),
        committed: says('StockCommitted'),
        released: says('StockReleased'),
        returned: says('StockReturned'),
      }),
      subscribe(CartEventSchema, {
        couponHeld: says('CouponHeld'),
        couponRejected: says('CouponRejected'),
        couponRedeemed: says('CouponRedeemed'),
        couponReturned: says('CouponReturned'),
      }),
      subscribe(PaymentEventSchema, {
        authorised: (fact, heard) =>
          tell(
            fact,
            { type: 'PaymentAuthorised', paymentId: fact.paymentId, amount: fromMoney(fact.amount) },
            heard,
          ),
        declined: saysOfPayment('PaymentDeclined'),
        outcomeUnknown: saysOfPayment('PaymentOutcomeUnknown'),
        captured: (fact, heard) =>
          tell(
            fact,
            { type: 'PaymentCaptured', paymentId: fact.paymentId, amount: fromMoney(fact.captured) },
            heard,
          ),
        captureFailed: saysOfPayment('PaymentCaptureFailed'),
        voided: saysOfPayment('PaymentVoided'),
        refunded: (fact, heard) => {
          const amount = fromMoney(fact.refunded);
          const inFull = amount.minorUnits === fromMoney(fact.captured).minorUnits;
          const type = inFull ? 'PaymentRefunded' : 'PaymentRefundedInPart';
          return tell(fact, { type, paymentId: fact.paymentId, amount }, heard);
        },
      }),
    ],
  });
}
