import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { reservationsIn } from '../adapters/reservations.ts';
import { shelvesIn } from '../adapters/shelves.ts';
import type { Tables } from '../adapters/tables.ts';
import type { Quantity } from '../domain/quantity.ts';
import { migrations } from '../migrations/all.ts';
import { receiveStock } from '../usecases/receive-stock.ts';
import { reserveStock } from '../usecases/reserve-stock.ts';
import { settleReservation } from '../usecases/settle-reservation.ts';
import { lanes } from './lanes.ts';

/** A real database with the use cases on it, each call in a transaction of its own and without the one-writer lock. */
export type Stockroom = {
  readonly database: TestDatabase<Tables>;
  receive(locationId: string, lines: readonly Quantity[]): Promise<void>;
  /** Reserves for an order, and resolves to the order's id. */
  reserve(lines: readonly Quantity[], orderId?: string): Promise<string>;
  settle(orderId: string, how: 'commit' | 'cancel' | 'reject' | 'expire'): Promise<void>;
  /** The order's facts as `StockReserved` in their order. */
  facts(aggregateId: string): Promise<readonly string[]>;
  /** How many reservations are in each state. */
  states(): Promise<Readonly<Record<string, number>>>;
};

/** Held for so long that only `expire` at `late` finds it overdue. */
const holdMs = 60_000;

/** Opens one with these locations, by priority. */
export async function openStockroom(locations: readonly string[] = ['main']): Promise<Stockroom> {
  const database = await testDatabase<Tables>(migrations, { service: 'inventory', poolSize: lanes });
  await database.db
    .insertInto('location')
    .values(
      locations.map((location_id, priority) => ({
        location_id,
        display_name: location_id,
        priority,
        create_time: new Date(),
      })),
    )
    .execute();
  const ids = { uuid: uuidv7 };
  const reservations = (tx: Tx<Tables>) => reservationsIn(tx, ids, new Date());
  return {
    database,
    receive: (locationId, lines) =>
      database.transaction(async (tx) => {
        const receipt = {
          locationId,
          lines: lines.map((line) => ({ ...line, restockThreshold: undefined })),
        };
        await receiveStock(shelvesIn(tx, ids, new Date()), receipt);
      }),
    reserve: (lines, orderId = uuidv7()) =>
      database.transaction(async (tx) => {
        await reserveStock(reservations(tx), { orderId, lines }, new Date(Date.now() + holdMs));
        return orderId;
      }),
    settle: (orderId, how) => {
      const late = how === 'expire' ? 2 * holdMs : 0;
      return database.transaction((tx) =>
        settleReservation(reservations(tx), orderId, how, new Date(Date.now() + late)),
      );
    },
    facts: async (aggregateId) => {
      const rows = await kernelTables(database.db)
        .selectFrom('outbox')
        .select('type')
        .where('aggregate_id', '=', aggregateId)
        .orderBy('aggregate_seq')
        .execute();
      return rows.map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
    },
    states: async () => {
      const rows = await database.db
        .selectFrom('reservation')
        .select(['state', (expression) => expression.fn.countAll<bigint>().as('count')])
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
    },
  };
}
