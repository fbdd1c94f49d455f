import type { MigrationSet } from '#platform/db/database.ts';
import * as orders from './0001_orders.ts';
import * as shipments from './0002_shipments.ts';
import * as cartOnce from './0003_cart_once.ts';
import * as unsettled from './0004_unsettled.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = {
  '0001_orders': orders,
  '0002_shipments': shipments,
  '0003_cart_once': cartOnce,
  '0004_unsettled': unsettled,
};
