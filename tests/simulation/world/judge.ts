import { fromBinary } from '@bufbuild/protobuf';
import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { PaymentEventSchema } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { headerName } from '#platform/events/headers.ts';
import type { ConsumedRecord } from '#platform/kafka/kafka.ts';
import { textHeader } from '#platform/outbox/stored-headers.ts';
import type { Coupon } from '../../../services/cart/domain/coupon.ts';
import type { Hold } from '../../../services/cart/ports.ts';
import type { Reservation } from '../../../services/inventory/domain/reservation.ts';
import type { Shelf } from '../../../services/inventory/domain/shelf.ts';
import { transitions } from '../../../services/order/domain/order-state.ts';
import type { Movement } from '../../../services/payment/usecases/model-provider.ts';
import type { MovementRow } from '../memory/inventory/reservations.ts';
import type { StoredEntry } from '../memory/kernel/append.ts';
import type { OrderRow } from '../memory/order/order-store.ts';
import type { AttemptRow, LedgerRow, PaymentRow } from '../memory/payment/rows.ts';
import { consumed, topics } from './consumed.ts';
import type { SimulatedProvider } from './provider.ts';
import type { Effect } from './replicas.ts';
import type { Shop } from './shop.ts';
import { services, type World } from './world.ts';

/** What must hold when it is quiet. Each that doesn't is told to the world, by its id in reliability.md. */
export function judge(world: World, shop: Shop, provider: SimulatedProvider): void {
  provider.settle();
  const fail = (sentence: string) => world.violated(sentence);
  const { servers } = world;
  const orders = servers.order.rows<OrderRow>('orders');
  const reservations = new Map(
    servers.inventory.rows<Reservation>('reservation').map((one) => [one.orderId, one]),
  );
  const payments = new Map(servers.payment.rows<PaymentRow>('payment').map((one) => [one.order_id, one]));
  const holds = new Map(servers.cart.rows<Hold>('coupon_hold').map((one) => [one.orderId, one]));

  judgeStock(world, shop, reservations);
  judgeSales(world, orders);
  judgePlacements(shop, orders, fail);
  for (const row of orders) {
    judgeOrder(row, { reservations, payments, holds, provider }, fail);
    world.coverage.end(row.order.state);
  }
  judgePayments(world, provider);
  judgeCoupon(world);
  for (const service of services) {
    judgeOutbox(world, service);
  }
  for (const one of consumed) {
    judgeConsumer(world, one);
  }
}

/** What must hold at every commit of the inventory. */
export function judgeShelf(world: World, { sku, locationId, onHand, reserved }: Shelf): void {
  if (reserved < 0 || reserved > onHand) {
    world.violated(`I-02 ${sku} at ${locationId}: ${reserved} of ${onHand} reserved`);
  }
}

/** What must hold at every commit of the payment service. */
export function judgeBuckets(world: World, row: PaymentRow): void {
  const { refunded, captured, authorised, amount } = row;
  if (!(0n <= refunded && refunded <= captured && captured <= authorised && authorised <= amount)) {
    world.violated(
      `I-22 payment ${row.payment_id}: refunded ${refunded}, captured ${captured}, authorised ${authorised} of ${amount}`,
    );
  }
}

type Fail = (sentence: string) => void;

function judgeStock(world: World, shop: Shop, reservations: ReadonlyMap<string, Reservation>): void {
  const { inventory } = world.servers;
  const movements = inventory.rows<MovementRow>('movement');
  const shelves = inventory.rows<Shelf>('stock');
  for (const [sku, initial] of shop.initialStock) {
    const onHand = sum(shelves.filter((shelf) => shelf.sku === sku).map((shelf) => shelf.onHand));
    const moved = sum(movements.filter((one) => one.sku === sku).map((one) => one.quantity));
    if (initial + moved !== onHand) {
      world.violated(`I-01 ${sku}: ${initial} at first, ${moved} moved, ${onHand} on hand`);
    }
  }
  for (const { sku, locationId, reserved } of shelves) {
    const promised = [...reservations.values()]
      .filter(({ state }) => state === 'ACTIVE')
      .flatMap(({ lines }) => lines)
      .filter((line) => line.sku === sku && line.locationId === locationId);
    const expected = sum(promised.map(({ quantity }) => quantity));
    if (reserved !== expected) {
      world.violated(
        `I-03 ${sku} at ${locationId}: ${reserved} reserved, ${expected} in active reservations`,
      );
    }
  }
  const seen = new Set<string>();
  for (const { orderId, sku, locationId, kind } of movements) {
    const name = `${orderId} ${sku} ${locationId} ${kind}`;
    if (seen.has(name)) {
      world.violated(`I-07 twice: ${name}`);
    }
    seen.add(name);
  }
}

/** What an order took from the shelves for good, and brought back, against how it ended. */
function judgeSales(world: World, orders: readonly OrderRow[]): void {
  const movements = Map.groupBy(world.servers.inventory.rows<MovementRow>('movement'), (row) => row.orderId);
  for (const { order, lines } of orders) {
    const sold = order.state === 'PAID' || order.state === 'FULFILLED';
    const wanted = sold ? sum(lines.map(({ quantity }) => quantity)) : 0;
    const taken = -sum((movements.get(order.orderId) ?? []).map(({ quantity }) => quantity));
    if (taken !== wanted) {
      world.violated(
        `I-16 order ${order.orderId} is ${order.state}, and took ${taken} where ${wanted} were sold`,
      );
    }
  }
}

function judgePlacements(shop: Shop, orders: readonly OrderRow[], fail: Fail): void {
  for (const { cartId, answer, doubtful, orderIds } of shop.placements) {
    const made = orders.filter(({ order }) => order.cartId === cartId);
    if (orderIds.size > 1 || made.length > 1) {
      fail(`I-11 the cart ${cartId} was ordered once and became ${made.length} orders`);
    }
    if (answer !== undefined && 'orderId' in answer && made.length !== 1) {
      fail(`I-10 the order ${answer.orderId} was answered, and there are ${made.length}`);
    }
    if (answer !== undefined && 'refused' in answer && !doubtful && made.length !== 0) {
      fail(`I-10 the cart ${cartId} was refused (${answer.refused}) and ordered`);
    }
  }
}

type Parts = {
  readonly reservations: ReadonlyMap<string, Reservation>;
  readonly payments: ReadonlyMap<string, PaymentRow>;
  readonly holds: ReadonlyMap<string, Hold>;
  readonly provider: SimulatedProvider;
};

function judgeOrder({ order, lines, history, shipments }: OrderRow, parts: Parts, fail: Fail): void {
  const { orderId, state, totals } = order;
  const reservation = parts.reservations.get(orderId);
  const payment = parts.payments.get(orderId);
  const hold = parts.holds.get(orderId);
  const name = `order ${orderId} is ${state}`;
  for (const [index, { state: entered }] of history.entries()) {
    const from = history[index - 1]?.state;
    if (from === undefined ? entered !== 'PLACED' : !Object.values(transitions[from]).includes(entered)) {
      fail(`I-12 ${name}: ${from} became ${entered}`);
    }
  }
  if (history.at(-1)?.state !== state) {
    fail(`I-12 ${name}, its history ends with ${history.at(-1)?.state}`);
  }
  const subtotal = lines.reduce((all, line) => all + line.unitPrice * BigInt(line.quantity), 0n);
  if (
    totals.total < 0n ||
    totals.subtotal !== subtotal ||
    totals.total !== totals.subtotal - totals.discount + totals.shipping + totals.tax
  ) {
    fail(`I-17 ${name}: its total doesn't add up`);
  }
  if (payment !== undefined && (payment.amount !== totals.total || payment.currency !== totals.currency)) {
    fail(`I-17 ${name}: total ${totals.total}, payment ${payment.amount}`);
  }
  const wanted = bySku(lines);
  const reserved = bySku(reservation?.lines ?? []);
  if (state === 'PAID' || state === 'FULFILLED') {
    if (reservation?.state !== 'COMMITTED') {
      fail(`I-14 ${name}, its reservation ${reservation?.state}`);
    }
    if (wanted !== reserved) {
      fail(`I-06 ${name}: wanted ${wanted}, reserved ${reserved}`);
    }
    if (payment === undefined || payment.captured !== totals.total) {
      fail(`I-14 ${name}, ${payment?.captured} of ${totals.total} captured`);
    }
    const kept = order.coupon === 'returned' ? 'RETURNED' : 'REDEEMED';
    const refused = hold?.state === 'REJECTED' && order.coupon === 'held';
    if (order.couponCode !== undefined && hold?.state !== kept && !refused) {
      fail(`I-16 ${name}, its coupon ${hold?.state}`);
    }
  }
  if (state === 'CANCELLED' || state === 'REJECTED') {
    if (reservation?.state === 'ACTIVE' || reservation?.state === 'COMMITTED') {
      fail(`I-15 ${name}, its reservation ${reservation.state}`);
    }
    if (payment !== undefined && payment.captured - payment.refunded !== 0n) {
      fail(`I-15 ${name}: captured ${payment.captured}, paid back ${payment.refunded}`);
    }
    if (
      payment?.state === 'AUTHORISED' ||
      (payment !== undefined && parts.provider.holds(payment.payment_id))
    ) {
      fail(`I-15 ${name}: the card is still charged`);
    }
    if (hold?.state === 'HELD' || hold?.state === 'REDEEMED') {
      fail(`I-15 ${name}, its coupon ${hold.state}`);
    }
    if (shipments.length > 0) {
      fail(`I-16 ${name}, and was sent`);
    }
  }
}

function judgePayments(world: World, provider: SimulatedProvider): void {
  const { payment: server } = world.servers;
  const attempts = server.rows<AttemptRow>('attempt');
  const here = attempts
    .filter(({ outcome }) => outcome === 'SUCCEEDED')
    .map(({ idempotency_key, operation, amount }) => `${idempotency_key} ${operation} ${amount}`)
    .sort();
  const there = [...provider.journal().values()]
    .flat()
    .map(({ key, operation, amount }) => `${key} ${operation} ${amount}`)
    .sort();
  const differences = [
    ...here.filter((line) => !there.includes(line)),
    ...there.filter((line) => !here.includes(line)),
  ];
  if (differences.length > 0 || here.length !== there.length) {
    world.violated(`I-23 the provider's journal differs: ${differences.join('; ')}`);
  }
  for (const row of server.rows<PaymentRow>('payment')) {
    const moved = sumOf(provider.journal().get(row.payment_id) ?? [], 'CAPTURE', 'REFUND');
    if (moved !== row.captured - row.refunded) {
      world.violated(
        `I-23 payment ${row.payment_id}: ${row.captured} captured, ${row.refunded} paid back; the provider has ${moved}`,
      );
    }
  }
  const entries = Map.groupBy(server.rows<LedgerRow>('ledger_entry'), (entry) => entry.transactionId);
  for (const [transaction, lines] of entries) {
    if (lines.reduce((all, { amount }) => all + amount, 0n) !== 0n) {
      world.violated(`I-20 ledger transaction ${transaction} doesn't sum to 0`);
    }
  }
  for (const row of server.rows<PaymentRow>('payment')) {
    if (row.state === 'UNKNOWN' || row.state === 'PENDING') {
      world.violated(`I-24 payment ${row.payment_id} is ${row.state}`);
    }
  }
}

function judgeCoupon(world: World): void {
  const { cart } = world.servers;
  const holds = cart.rows<Hold>('coupon_hold');
  for (const coupon of cart.rows<Coupon>('coupon')) {
    const held = holds.filter(({ code, state }) => code === coupon.code && state === 'HELD').length;
    const redeemed = holds.filter(({ code, state }) => code === coupon.code && state === 'REDEEMED').length;
    if (held !== coupon.heldCount || redeemed !== coupon.redeemedCount) {
      world.violated(
        `I-27 ${coupon.code}: ${held} held and ${redeemed} redeemed, counted ${coupon.heldCount} and ${coupon.redeemedCount}`,
      );
    }
    if (coupon.redemptionLimit > 0 && held + redeemed > coupon.redemptionLimit) {
      world.violated(`I-27 ${coupon.code}: ${held + redeemed} of ${coupon.redemptionLimit}`);
    }
    const users = Map.groupBy(
      holds.filter(({ state }) => state === 'HELD' || state === 'REDEEMED'),
      ({ userId }) => userId,
    );
    for (const [user, own] of users) {
      if (coupon.perUserLimit > 0 && own.length > coupon.perUserLimit) {
        world.violated(`I-27 ${coupon.code}: ${own.length} of user ${user}`);
      }
    }
  }
}

function judgeOutbox(world: World, service: (typeof services)[number]): void {
  const topic = topics[service];
  const stated = world.servers[service].rows<StoredEntry>('outbox').filter((row) => row.topic === topic);
  const aggregates = Map.groupBy(stated, (row) => row.aggregateId);
  for (const [aggregate, rows] of aggregates) {
    const numbers = rows.map(({ sequence }) => sequence).sort((one, other) => Number(one - other));
    if (numbers.some((number, index) => number !== BigInt(index + 1))) {
      world.violated(`I-30 ${aggregate} has the facts ${numbers.join(', ')}`);
    }
  }
  const published = world.broker
    .partitions(topic)
    .flatMap(({ records }) => records)
    .filter((record) => idOf(record) !== undefined);
  const ids = new Set(published.map(idOf));
  const lost = stated.filter(({ eventId }) => !ids.has(eventId));
  if (lost.length > 0) {
    world.violated(
      `I-31 ${lost.length} facts of ${service} are not in Kafka: ${lost.map(({ type }) => type)}`,
    );
  }
  const known = new Set(stated.map(({ eventId }) => eventId));
  if ([...ids].some((id) => id !== undefined && !known.has(id))) {
    world.violated(`I-31 Kafka has a fact that ${service} never stated`);
  }
  const last = new Map<string, bigint>();
  const seen = new Set<string>();
  for (const record of published) {
    const id = idOf(record);
    const subject = textHeader(record.headers, headerName.subject) ?? '';
    const sequence = BigInt(textHeader(record.headers, headerName.sequence) ?? 0);
    if (id !== undefined && !seen.has(id)) {
      seen.add(id);
      if (sequence !== (last.get(subject) ?? 0n) + 1n) {
        world.violated(`I-33 ${subject}: fact ${sequence} came first after ${last.get(subject) ?? 0n}`);
      }
      last.set(subject, sequence);
    }
    judgeHeaders(world, record);
  }
}

const required = [
  headerName.id,
  headerName.type,
  headerName.dataschema,
  headerName.time,
  headerName.correlationId,
  headerName.causationId,
  headerName.traceparent,
];

function judgeHeaders(world: World, { headers, value, topic }: ConsumedRecord): void {
  const missing = required.filter((name) => (textHeader(headers, name) ?? '') === '');
  if (missing.length > 0) {
    world.violated(`I-39 a record of ${topic} lacks ${missing.join(', ')}`);
  }
  if (value !== null && topic === topics.order) {
    fromBinary(OrderEventSchema, value);
  } else if (value !== null && topic === topics.payment) {
    fromBinary(PaymentEventSchema, value);
  }
}

function judgeConsumer(world: World, { consumer, service, topic }: (typeof consumed)[number]): void {
  const server = world.servers[service];
  const inbox = new Map(
    server
      .rows<{ consumer: string; event_id: string; outcome: string }>('inbox')
      .filter((row) => row.consumer === consumer)
      .map((row) => [row.event_id, row.outcome]),
  );
  const effects = server.tables.get('effect') as ReadonlyMap<string, Effect> | undefined;
  const order = new Map<string, { readonly sequence: bigint; readonly order: bigint }>();
  const delivered = world.broker
    .partitions(topic)
    .flatMap(({ records }) => records)
    .toSorted((one, other) => sequenceOf(one) - sequenceOf(other));
  for (const record of delivered) {
    const id = idOf(record);
    if (id === undefined) {
      continue;
    }
    const outcome = inbox.get(id);
    const effect = effects?.get(`${consumer}/${id}`);
    const times = effect?.times ?? 0;
    if (outcome === undefined) {
      world.violated(`I-35 ${consumer} has nothing of the fact ${id}`);
    } else if (times !== (outcome === 'effect' ? 1 : 0)) {
      world.violated(`I-32 ${consumer}: the fact ${id} had its effect ${times} times (${outcome})`);
    }
    if (effect !== undefined) {
      const before = order.get(effect.subject);
      if (before !== undefined && before.sequence < effect.sequence && before.order > effect.order) {
        world.violated(
          `I-37 ${consumer}: fact ${effect.sequence} of ${effect.subject} overtook ${before.sequence}`,
        );
      }
      order.set(effect.subject, effect);
    }
  }
}

/** A fact's id; undefined for what is no fact. */
function idOf({ headers }: ConsumedRecord): string | undefined {
  return textHeader(headers, headerName.id);
}

function sequenceOf({ headers }: ConsumedRecord): number {
  return Number(textHeader(headers, headerName.sequence) ?? 0);
}

function bySku(lines: readonly { readonly sku: string; readonly quantity: number }[]): string {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  }
  return [...sums]
    .map(([sku, quantity]) => `${quantity} ${sku}`)
    .sort()
    .join(', ');
}

function sumOf(movements: readonly Movement[], plus: string, minus: string): bigint {
  return movements.reduce(
    (all, { operation, amount }) => all + (operation === plus ? amount : operation === minus ? -amount : 0n),
    0n,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
