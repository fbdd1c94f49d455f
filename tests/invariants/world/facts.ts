import { hash } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import type { Money } from '#gen/shopverse/common/v1/money_pb.ts';
import { InventoryEventSchema } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import type { OrderLine } from '#gen/shopverse/order/v1/order_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import type { Seen } from './record.ts';

/** What an order's facts say of its money, each as `USD 1234` in minor units. */
export type ToldOrder = {
  placed?: string;
  requested?: string;
  confirmed?: string;
  paid?: string;
  /** A hash of the lines as they were placed; see `lineText`. */
  lines?: string;
};

/** Money that a payment's fact says was taken, or paid back (below zero). */
export type ToldMovement = {
  readonly eventId: string;
  readonly orderId: string;
  readonly currency: string;
  readonly amount: bigint;
};

/** Units that an order was refused for want of stock. */
export type ToldShortage = { readonly orderId: string; readonly sku: string; readonly requested: bigint };

/** What the facts in Kafka say, each fact counted once. */
export type ToldFacts = {
  readonly orders: ReadonlyMap<string, ToldOrder>;
  readonly movements: readonly ToldMovement[];
  readonly shortages: readonly ToldShortage[];
  /** Shortages that orders were refused for though there was enough. */
  readonly hollowShortages: readonly string[];
};

/** Gathers what facts say. Throws when the value of a record isn't what its header says. */
export function factListener(): {
  take(record: Seen, value: Buffer | null): void;
  readonly heard: ToldFacts;
} {
  const orders = new Map<string, ToldOrder>();
  const movements: ToldMovement[] = [];
  const hollowShortages: string[] = [];
  const told: ToldShortage[] = [];
  const of = (orderId: string): ToldOrder => {
    const known = orders.get(orderId) ?? {};
    orders.set(orderId, known);
    return known;
  };
  function takeOrder(value: Buffer): void {
    const { event } = fromBinary(OrderEventSchema, value);
    switch (event.case) {
      case 'placed':
        Object.assign(of(event.value.orderId), {
          placed: moneyText(event.value.total),
          lines: hash('md5', event.value.lines.map(lineText).join(',')),
        });
        break;
      case 'paymentRequested':
        of(event.value.orderId).requested = moneyText(event.value.amount);
        break;
      case 'confirmed':
        of(event.value.orderId).confirmed = moneyText(event.value.total);
        break;
      case 'paid':
        of(event.value.orderId).paid = moneyText(event.value.total);
        break;
    }
  }
  function takePayment(eventId: string, value: Buffer): void {
    const { event } = fromBinary(PaymentEventSchema, value);
    if (event.case !== 'captured' && event.case !== 'refunded') {
      return;
    }
    const money = event.case === 'captured' ? event.value.captured : event.value.amount;
    const units = money?.minorUnits ?? 0n;
    const amount = event.case === 'captured' ? units : -units;
    movements.push({ eventId, orderId: event.value.orderId, currency: money?.currencyCode ?? '', amount });
  }
  function takeRejection(value: Buffer): void {
    const { event } = fromBinary(InventoryEventSchema, value);
    if (event.case === 'rejected') {
      const { orderId, shortages } = event.value;
      told.push(...shortages.map(({ sku, requested }) => ({ orderId, sku, requested })));
      const hollow = shortages.filter(({ requested, available }) => requested <= available);
      hollowShortages.push(
        ...hollow.map(({ sku }) => `${orderId} was refused ${sku}, of which there was enough`),
      );
    }
  }
  return {
    heard: { orders, movements, shortages: told, hollowShortages },
    take({ id, type }, value) {
      if (value === null) {
        return;
      }
      if (ordersFacts.has(type)) {
        takeOrder(value);
      } else if (paymentsFacts.has(type)) {
        takePayment(id, value);
      } else if (type === 'shopverse.inventory.v1.StockRejected') {
        takeRejection(value);
      }
    },
  };
}

const ordersFacts: ReadonlySet<string> = new Set(
  ['OrderPlaced', 'PaymentRequested', 'OrderConfirmed', 'OrderPaid'].map(
    (fact) => `shopverse.order.v1.${fact}`,
  ),
);
const paymentsFacts: ReadonlySet<string> = new Set(
  ['PaymentCaptured', 'PaymentRefunded'].map((fact) => `shopverse.payment.v1.${fact}`),
);

/** Money in a text that can be compared: `USD 1234`. */
function moneyText(money: Money | undefined): string {
  return `${money?.currencyCode ?? ''} ${money?.minorUnits ?? 0n}`;
}

/** A line in a text, as the order's database is asked for it too. */
function lineText({ sku, quantity, unitPrice, discount, amount }: OrderLine): string {
  const units = (money: Money | undefined) => money?.minorUnits ?? 0n;
  return `${sku}:${quantity}x${units(unitPrice)}-${units(discount)}=${units(amount)}`;
}
