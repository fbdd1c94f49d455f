import { randomBytes } from 'node:crypto';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type { ConsumedRecord } from '#platform/kafka/kafka.ts';
import { migrate } from '../../../services/analytics/clickhouse/migrate.ts';
import { recomputations } from '../../../services/analytics/clickhouse/recompute.ts';
import { type ClickHouse, openClickHouse } from '../world/clickhouse.ts';
import type { Shop } from './sound-shop.ts';

/** A database of one's own in the running ClickHouse, with the tables of analytics. */
export type SeededClickHouse = {
  /** The shop's archive, sale lines and totals. Filled when they are first asked for. */
  of(shop: Shop): ClickHouse;
  /** Drops the database. */
  close(): Promise<void>;
};

/** How to reach ClickHouse as one who may make databases. */
export type OwnerAccess = { readonly httpUrl: string; readonly user: string; readonly password: string };

const filled = ['events_raw', 'sale_lines', 'revenue_totals', 'product_totals', 'funnel_totals'];
const totals: Readonly<Record<string, string>> = {
  revenue:
    'revenue_totals (period, window_start, department, currency, sold, refunded, units, baskets, orders, fact_count)',
  products:
    'product_totals (window_start, sku, currency, sold, refunded, units, baskets, orders, fact_count)',
  funnel: 'funnel_totals (period, window_start, step, fact_count)',
};

/** Makes the database with its first use. */
export function seedClickHouse({ httpUrl: url, user, password }: OwnerAccess): SeededClickHouse {
  const database = `check_${randomBytes(6).toString('hex')}`;
  const owner = createClient({ url, username: user, password, database });
  const reader = openClickHouse({ url, user, password, database });
  let made: Promise<void> | undefined;
  const make = async () => {
    const outside = createClient({ url, username: user, password });
    await outside.command({ query: `CREATE DATABASE ${database}` });
    await outside.close();
    await migrate(owner);
  };
  return {
    of(shop) {
      let ready: Promise<void> | undefined;
      const filledOnce = () => {
        made ??= make();
        ready ??= made.then(() => fill(owner, shop));
        return ready;
      };
      return {
        async rows(sql, parameters) {
          await filledOnce();
          return reader.rows(sql, parameters);
        },
        hasTables: async () => true,
        close: async () => undefined,
      };
    },
    async close() {
      await reader.close();
      if (made !== undefined) {
        await owner.command({ query: `DROP DATABASE ${database}` });
      }
      await owner.close();
    },
  };
}

async function fill(owner: ClickHouseClient, shop: Shop): Promise<void> {
  for (const table of filled) {
    await owner.command({ query: `TRUNCATE TABLE ${table}` });
  }
  // JSON can't hold any bytes, so that they are decoded on their way from a table of their own.
  await owner.command({ query: 'CREATE OR REPLACE TABLE events_encoded AS events_raw ENGINE = Memory' });
  await owner.insert({ table: 'events_encoded', values: shop.records.map(archived), format: 'JSONEachRow' });
  await owner.command({
    query: 'INSERT INTO events_raw SELECT * REPLACE (base64Decode(payload) AS payload) FROM events_encoded',
  });
  await owner.insert({ table: 'sale_lines', values: shop.saleLines, format: 'JSONEachRow' });
  for (const { name, expected } of recomputations) {
    const count = name === 'funnel' ? '' : ', 1';
    await owner.command({ query: `INSERT INTO ${totals[name]} SELECT *${count} FROM (${expected})` });
  }
  for (const { at, sql } of shop.statements) {
    if (at === 'clickhouse') {
      await owner.command({ query: sql });
    }
  }
}

function archived({ topic, partition, offset, key, value, headers }: ConsumedRecord): object {
  const texts = Object.fromEntries(headers.map(([name, value]) => [name, value?.toString() ?? '']));
  const time = texts.ce_time?.replace('T', ' ').replace('Z', '');
  return {
    topic,
    partition,
    offset: Number(offset),
    key: key?.toString() ?? '',
    event_id: texts.ce_id,
    type: texts.ce_type,
    subject: texts.ce_subject,
    sequence: Number(texts.ce_sequence),
    ce_time: time,
    event_time: time,
    insert_time: time,
    headers: texts,
    payload: value?.toString('base64') ?? '',
  };
}
