import type { MigrationSet } from '#platform/db/database.ts';
import * as carts from './0001_carts.ts';
import * as coupons from './0002_coupons.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = { '0001_carts': carts, '0002_coupons': coupons };
