import type { MigrationSet } from '#platform/db/database.ts';
import { stock } from './0001_stock.ts';
import { reservation } from './0002_reservation.ts';

/** The inventory's tables, in the order of their making. */
export const migrations: MigrationSet = {
  '0001_stock': { up: stock },
  '0002_reservation': { up: reservation },
};
