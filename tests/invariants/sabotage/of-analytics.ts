import { email } from '../testing/sound-facts.ts';
import type { Sabotage } from './sabotage.ts';

/** Damage to what analytics made of the facts. */
export const analyticsSabotages: readonly Sabotage[] = [
  {
    id: 'I-50',
    what: 'an event never came to ClickHouse',
    damage: (shop) =>
      shop.statements.push({
        at: 'clickhouse',
        sql: "DELETE FROM events_raw WHERE type = 'shopverse.order.v1.OrderFulfilled'",
      }),
    says: /in Kafka, not in ClickHouse: shopverse.order.v1/,
  },
  {
    id: 'I-51',
    what: 'a capture’s revenue is counted on another day',
    damage: (shop) => {
      for (const line of shop.saleLines.slice(0, 3)) {
        line.event_time = '2026-01-03 00:00:00.000';
      }
    },
    says: /2026-01-02 USD: ClickHouse has 0, the payments come to 900/,
  },
  {
    id: 'I-51',
    what: 'two facts’ sale lines are mixed up, the sum being right',
    damage: (shop) => {
      Object.assign(shop.saleLines[0] ?? {}, { amount: 269 });
      Object.assign(shop.saleLines[3] ?? {}, { amount: 151 });
    },
    says: /moved, not in sale lines: .* USD 900/,
  },
  {
    id: 'I-52',
    what: 'a department’s total lacks a cent',
    damage: (shop) =>
      shop.statements.push({
        at: 'clickhouse',
        sql: `INSERT INTO revenue_totals SELECT * REPLACE (sold - 1 AS sold, fact_count + 1 AS fact_count)
          FROM revenue_totals WHERE department = 'MEAT' AND period = 'HOUR'`,
      }),
    says: /revenue shows .*MEAT/,
  },
  {
    id: 'I-52',
    what: 'a step of the funnel was counted twice',
    damage: (shop) =>
      shop.statements.push({
        at: 'clickhouse',
        sql: "INSERT INTO funnel_totals SELECT * REPLACE (fact_count * 2 AS fact_count) FROM funnel_totals WHERE step = 'PAID'",
      }),
    says: /funnel shows .*PAID/,
  },
  {
    id: 'I-52',
    what: 'a line’s money was given to another line of the same order, the totals being made of it',
    damage: (shop) => {
      Object.assign(shop.saleLines[0] ?? {}, { amount: 260 });
      Object.assign(shop.saleLines[1] ?? {}, { amount: 100 });
    },
    says: /sale lines, expected only: .*270/,
  },
  {
    id: 'I-42',
    what: 'analytics’ archive holds a user’s e-mail address',
    damage: (shop) =>
      shop.statements.push({
        at: 'clickhouse',
        sql: `INSERT INTO events_raw SELECT * REPLACE (map('note', 'from ${email}') AS headers, 'another' AS event_id)
          FROM events_raw LIMIT 1`,
      }),
    says: /ClickHouse.*events_raw.* holds a user's e-mail address/,
  },
];
