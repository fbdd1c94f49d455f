import type { MigrationSet } from '#platform/db/database.ts';
import * as products from './0001_products.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = { '0001_products': products };
