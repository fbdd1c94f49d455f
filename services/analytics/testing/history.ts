import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { v7 as uuidv7 } from 'uuid';
import { BehaviourEventSchema } from '#gen/shopverse/gateway/v1/behaviour_events_pb.ts';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { SalesChannel } from '#gen/shopverse/order/v1/order_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { headerName } from '#platform/events/headers.ts';
import type { ProducedRecord } from '#platform/kafka/kafka.ts';
import { type Movement, type PlacedOrder, type SaleLine, saleLines } from '../domain/sale-lines.ts';

/** The topics that a history is written to. */
export type HistoryTopics = { readonly order: string; readonly payment: string; readonly behaviour: string };

/** Some shop's facts, each once, and what they add up to. */
export type History = {
  /** In the order of their times. */
  readonly records: readonly ProducedRecord[];
  readonly lines: readonly SaleLine[];
};

const DEPARTMENTS = ['GROCERY', 'DRUG GM', 'PRODUCE', 'MEAT', 'PASTRY'];

/**
 * Orders whose facts happen between `start` and `end` (epoch ms): most are paid, every fifth is refunded in part, every
 * seventh in full, every ninth is rejected. Each has a view of a product before it. `random` gives 0 <= x < 1.
 */
export function history(
  topics: HistoryTopics,
  count: number,
  span: { readonly start: number; readonly end: number },
  random: () => number,
): History {
  const timed: { time: number; record: ProducedRecord }[] = [];
  const lines: SaleLine[] = [];
  for (let n = 1; n <= count; n++) {
    const order = anOrder(random);
    const begin = span.start + random() * (span.end - span.start - 10_000);
    let step = 0;
    const state = <E extends DescMessage>(
      topic: string,
      schema: E,
      subject: string,
      event: MessageInitShape<E>,
    ) => {
      const time = Math.floor(begin + step++ * 900);
      timed.push({ time, record: record(topic, schema, subject, time, event) });
    };
    const total = totalOf(order);
    const ids = { orderId: uuidv7(), paymentId: uuidv7() };
    const money = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
    const book = (movement: Movement) => lines.push(...saleLines(order, movement));
    const orderFact = (event: NonNullable<MessageInitShape<typeof OrderEventSchema>['event']>) =>
      state(topics.order, OrderEventSchema, ids.orderId, { event });
    const paymentFact = (event: NonNullable<MessageInitShape<typeof PaymentEventSchema>['event']>) =>
      state(topics.payment, PaymentEventSchema, ids.paymentId, { event });
    const refund = (from: bigint, to: bigint) => {
      const value = { ...ids, amount: money(to - from), refunded: money(to), captured: money(total) };
      paymentFact({ case: 'refunded', value });
      book({ entry: 'REFUND', from, to, captured: total });
    };

    const viewed = { case: 'productViewed' as const, value: { productId: 'p' } };
    state(topics.behaviour, BehaviourEventSchema, uuidv7(), { event: viewed });
    orderFact({ case: 'placed', value: { orderId: ids.orderId, ...placedFields(order), userId: 'u' } });
    if (n % 9 === 0) {
      orderFact({ case: 'rejected', value: { orderId: ids.orderId } });
      continue;
    }
    orderFact({ case: 'paymentRequested', value: { ...ids, amount: money(total) } });
    orderFact({ case: 'confirmed', value: { ...ids, total: money(total) } });
    paymentFact({ case: 'captured', value: { ...ids, captured: money(total) } });
    book({ entry: 'SALE', from: 0n, to: total, captured: total });
    orderFact({ case: 'paid', value: { orderId: ids.orderId } });
    if (n % 5 === 0 && total > 2n) {
      refund(0n, total / 3n);
      refund(total / 3n, total / 2n);
    } else if (n % 7 === 0) {
      refund(0n, total);
    }
  }
  timed.sort((a, b) => a.time - b.time);
  return { records: timed.map(({ record }) => record), lines };
}

function anOrder(random: () => number): PlacedOrder {
  const up = (below: number) => Math.floor(random() * below);
  const lines = Array.from({ length: 1 + up(8) }, () => ({
    department: DEPARTMENTS[up(DEPARTMENTS.length)] ?? '',
    units: BigInt(1 + up(5)),
    amount: BigInt(1 + up(3000)),
  }));
  return { lines, discount: BigInt(up(2) * up(50)), shipping: BigInt(up(2) * 499), tax: BigInt(up(90)) };
}

function totalOf({ lines, discount, shipping, tax }: PlacedOrder): bigint {
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0n);
  return subtotal - (discount < subtotal ? discount : subtotal) + shipping + tax;
}

function placedFields(order: PlacedOrder) {
  const money = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
  return {
    lines: order.lines.map(({ department, units, amount }) => ({
      sku: `sku-${department.replace(' ', '-')}-${amount % 7n}`,
      title: `Something of ${department}`,
      categoryPath: [department, 'CATEGORY', 'TYPE'],
      quantity: Number(units),
      amount: money(amount),
    })),
    discount: money(order.discount),
    shipping: money(order.shipping),
    tax: money(order.tax),
    salesChannel: SalesChannel.ONLINE,
  };
}

function record<E extends DescMessage>(
  topic: string,
  schema: E,
  subject: string,
  time: number,
  init: MessageInitShape<E>,
): ProducedRecord {
  const message = create(schema, init);
  const { case: fact } = (message as unknown as { event: { case: string } }).event;
  const type = schema.oneofs[0]?.fields.find((field) => field.localName === fact)?.message?.typeName ?? '';
  const headers: Record<string, string> = {
    [headerName.id]: uuidv7(),
    [headerName.type]: type,
    [headerName.subject]: subject,
    [headerName.time]: new Date(time).toISOString(),
    [headerName.sequence]: '1',
  };
  return {
    topic,
    key: Buffer.from(subject),
    value: Buffer.from(toBinary(schema, message)),
    headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
}
