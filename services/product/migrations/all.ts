import type { MigrationSet } from '#platform/db/database.ts';
import * as products from './0001_products.ts';
import * as changedBy from './0002_changed_by.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = { '0001_products': products, '0002_changed_by': changedBy };
