import type { ConsumedRecord } from '#platform/kafka/kafka.ts';
import * as told from '../testing/sound-facts.ts';
import { rowOf, rowsOf, type Shop } from '../testing/sound-shop.ts';
import type { Sabotage } from './sabotage.ts';

/** Damage to outboxes, Kafka's records, inboxes and dead letters. */
export const eventSabotages: readonly Sabotage[] = [
  {
    id: 'I-30',
    what: 'a fact in the middle of a history is lost',
    damage: (shop) => rowsOf(shop, 'order', 'outbox').splice(2, 1),
    says: /4 events, numbered 1 to 5/,
  },
  {
    id: 'I-30',
    what: 'an aggregate changed and told nobody',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'payment', 'payment', { payment_id: told.sold.payment }), { version: 3 }),
    says: /is at version 3, its last event is 2/,
  },
  {
    id: 'I-31',
    what: 'the relay skipped an event',
    damage: (shop) => shop.records.splice(3, 1),
    says: /in the outbox, not in Kafka: shopverse.order.v1/,
  },
  {
    id: 'I-31',
    what: 'an event was published whose transaction was rolled back',
    damage: (shop) => rowsOf(shop, 'inventory', 'outbox').splice(-1, 1),
    says: /in Kafka, not in the outbox: shopverse.inventory.v1/,
  },
  {
    id: 'I-31',
    what: 'a dead letter was never published',
    damage: (shop) =>
      rowsOf(shop, 'order', 'outbox').push({
        ...rowOf(shop, 'order', 'outbox', { seq: 1 }),
        topic: 'shopverse.payment.v1.dlq',
        aggregate_id: 'shopverse.order.checkout/shopverse.payment.v1/0/0',
      }),
    says: /in an outbox, not in Kafka: dead letter shopverse.order.checkout\/shopverse.payment.v1\/0\/0/,
  },
  {
    id: 'I-31',
    what: 'a record of nobody knows whom was read as if it were an event',
    damage: (shop) => {
      const [record] = shop.records;
      if (record !== undefined) shop.records.push({ ...record, offset: 1_000n, headers: [] });
    },
    says: /1000 without an id/,
  },
  {
    id: 'I-32',
    what: 'a consumer forgot to handle a kind of fact',
    damage: (shop) =>
      Object.assign(
        rowOf(shop, 'payment', 'inbox', {
          event_id: rowOf(shop, 'order', 'outbox', { aggregate_seq: 3 }).event_id,
        }),
        { outcome: 'skip' },
      ),
    says: /shopverse.payment.checkout: no shopverse.order.v1\/\d\/effect of/,
  },
  {
    id: 'I-32',
    what: 'a payment was asked for and never made',
    damage: (shop) => rowsOf(shop, 'payment', 'payment').splice(0, 1),
    says: /PaymentRequested of .* made no payment/,
  },
  {
    id: 'I-33',
    what: 'two facts of an order were published in the wrong order',
    damage: (shop) => {
      const [first, second] = shop.records;
      if (first !== undefined && second !== undefined) {
        shop.records.splice(0, 2, { ...second, offset: first.offset }, { ...first, offset: second.offset });
      }
    },
    says: /is number 2 of .* where 1 is next/,
  },
  {
    id: 'I-33',
    what: 'a key’s facts lie in two partitions',
    damage: (shop) =>
      damageRecord(shop, 1, (record) => ({ ...record, partition: record.partition + 1, offset: 99n })),
    says: /is in .* and in /,
  },
  {
    id: 'I-35',
    what: 'a consumer skipped a record without a word',
    damage: (shop) => rowsOf(shop, 'inventory', 'inbox').splice(1, 1),
    says: /shopverse.inventory.checkout lost/,
  },
  {
    id: 'I-35',
    what: 'a consumer nobody knows of has begun to read',
    damage: (shop) =>
      rowsOf(shop, 'order', 'consumer_offset').push({
        consumer: 'stranger',
        topic: 't',
        partition: 0,
        next_offset: 1,
      }),
    says: /stranger of order is no known consumer/,
  },
  {
    id: 'I-36',
    what: 'a dead letter’s value was changed',
    damage: (shop) => shop.deadLetters.push({ ...deadLetterOf(shop), value: Buffer.from('other') }),
    says: /has another value than/,
  },
  {
    id: 'I-36',
    what: 'a dead letter doesn’t say what went wrong',
    damage: (shop) => {
      const letter = deadLetterOf(shop);
      shop.deadLetters.push({ ...letter, headers: letter.headers.filter(([name]) => name !== 'dlq_error') });
    },
    says: /lacks dlq_error/,
  },
  {
    id: 'I-39',
    what: 'a record has no correlation id',
    damage: (shop) =>
      damageRecord(shop, 4, (record) => ({
        ...record,
        headers: record.headers.filter(([name]) => name !== 'ce_correlationid'),
      })),
    says: /lacks ce_correlationid/,
  },
  {
    id: 'I-39',
    what: 'a record isn’t of the type that it says',
    damage: (shop) => damageRecord(shop, 0, (record) => ({ ...record, value: Buffer.from('what is this') })),
    says: /is no shopverse.order.v1.OrderPlaced/,
  },
  {
    id: 'I-41',
    what: 'a record that nobody takes in can’t be decoded',
    damage: (shop) =>
      damageRecord(shop, shop.records.length - 1, (record) => ({
        ...record,
        value: Buffer.from('what is this'),
      })),
    says: /is no shopverse\.\w+\.v1\.\w+Event/,
  },
  {
    id: 'I-42',
    what: 'another service keeps a user’s e-mail address',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'order', 'orders', { order_id: told.sold.order }), {
        coupon_code: `card of ${told.email}`,
      }),
    says: /orders of order holds a user's e-mail address/,
  },
  {
    id: 'I-42',
    what: 'a fact holds a user’s e-mail address',
    damage: (shop) =>
      damageRecord(shop, 4, (record) => ({ ...record, value: Buffer.from(`2${told.email}"more`) })),
    says: /holds a user's e-mail address/,
  },
];

/** A dead letter as it should be: the first record, and what is said about it. */
export function deadLetterOf(shop: Shop): ConsumedRecord {
  const [record] = shop.records;
  if (record === undefined) {
    throw new Error('The shop has no records');
  }
  const added = {
    consumer: 'shopverse.payment.checkout',
    topic: record.topic,
    partition: String(record.partition),
    offset: String(record.offset),
    key: record.key?.toString() ?? '',
    error: 'Error: no',
    attempts: '6',
  };
  const headers = Object.entries(added).map(([name, value]) => [`dlq_${name}`, Buffer.from(value)] as const);
  return {
    ...record,
    topic: `${record.topic}.dlq`,
    partition: 0,
    offset: 0n,
    headers: [...record.headers, ...headers],
  };
}

function damageRecord(shop: Shop, at: number, change: (record: ConsumedRecord) => ConsumedRecord): void {
  const record = shop.records[at];
  if (record !== undefined) {
    shop.records[at] = change(record);
  }
}
