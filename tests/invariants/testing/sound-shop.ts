import type { ConsumedRecord } from '#platform/kafka/kafka.ts';
import type { Entry } from '../../../local/replay/journal.ts';
import type { ProviderEntry } from '../world/provider.ts';
import { outcomeOf, subscriptions } from '../world/subscriptions.ts';
import { asRecords, type Stated } from './facts-stated.ts';
import * as told from './sound-facts.ts';
import { paymentTables, providerJournal, saleLines } from './sound-money.ts';
import { cartTables, inventoryTables, orderTables } from './sound-orders.ts';

/** A row by column; what isn't named is null. */
export type Row = Record<string, unknown>;

/** Rows by table. */
export type Tables = Record<string, Row[]>;

/** Everything that the checks read, of a small shop. Tests damage it on purpose. */
export type Shop = {
  /** By service. */
  databases: Record<string, Tables>;
  records: ConsumedRecord[];
  deadLetters: ConsumedRecord[];
  provider: ProviderEntry[];
  replay: Entry[];
  saleLines: Row[];
  /** Statements for the services' databases, or `clickhouse`, beyond what rows can say. */
  statements: { readonly at: string; readonly sql: string }[];
};

/** A shop in which every invariant holds: one order sold, one cancelled, one refused, one paid back. */
export function soundShop(): Shop {
  const facts = told.allFacts();
  const records = asRecords(facts);
  const databases: Record<string, Tables> = {
    order: orderTables(),
    inventory: inventoryTables(),
    payment: paymentTables(),
    cart: cartTables(),
    user: { account: [{ user_id: told.user, email: told.email, version: 1 }] },
  };
  for (const [service, tables] of Object.entries(databases)) {
    tables.outbox = outboxRows(facts.filter((fact) => fact.service === service));
    tables.outbox_cursor = [{ only: true, xid: '9', seq: 999 }];
    tables.inbox = inboxRows(service, records);
    tables.consumer_offset = offsetRows(service, records);
  }
  return {
    databases,
    records,
    deadLetters: [],
    provider: providerJournal(),
    replay: told.replay(),
    saleLines: saleLines(),
    statements: [],
  };
}

/** The rows of a table; throws when the shop hasn't any. */
export function rowsOf(shop: Shop, service: string, table: string): Row[] {
  const rows = shop.databases[service]?.[table];
  if (rows === undefined) {
    throw new Error(`${service} has no rows of ${table}`);
  }
  return rows;
}

/** The first row of a table that has these values. */
export function rowOf(shop: Shop, service: string, table: string, values: Row): Row {
  const found = rowsOf(shop, service, table).find((row) =>
    Object.entries(values).every(([column, value]) => row[column] === value),
  );
  if (found === undefined) {
    throw new Error(`${table} has no row ${JSON.stringify(values)}`);
  }
  return found;
}

function outboxRows(facts: readonly Stated[]): Row[] {
  return facts.map(({ topic, subject, sequence, type, id, payload, headers }, at) => ({
    seq: at + 1,
    xid: '5',
    event_id: id,
    topic,
    key: `\\x${Buffer.from(subject).toString('hex')}`,
    aggregate_type: 'Some',
    aggregate_id: subject,
    aggregate_seq: sequence,
    type,
    headers,
    payload: `\\x${payload.toString('hex')}`,
    created_at: headers.ce_time,
  }));
}

function inboxRows(service: string, records: readonly ConsumedRecord[]): Row[] {
  return subscriptions
    .filter((subscription) => subscription.service === service)
    .flatMap((subscription) =>
      records
        .filter(({ topic }) => topic in subscription.effects)
        .map((record) => ({
          consumer: subscription.consumer,
          event_id: headerOf(record, 'ce_id'),
          topic: record.topic,
          partition: record.partition,
          offset: Number(record.offset),
          outcome: outcomeOf(subscription, record.topic, headerOf(record, 'ce_type')),
        })),
    );
}

function offsetRows(service: string, records: readonly ConsumedRecord[]): Row[] {
  const next = new Map(records.map((record) => [`${record.topic}/${record.partition}`, record]));
  return subscriptions
    .filter((subscription) => subscription.service === service)
    .flatMap(({ consumer, effects }) =>
      [...next.values()]
        .filter(({ topic }) => topic in effects)
        .map(({ topic, partition, offset }) => ({
          consumer,
          topic,
          partition,
          next_offset: Number(offset) + 1,
        })),
    );
}

function headerOf({ headers }: ConsumedRecord, name: string): string {
  return headers.find(([each]) => each === name)?.[1]?.toString() ?? '';
}
