import type { MigrationSet } from '#platform/db/database.ts';
import * as accounts from './0001_accounts.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = { '0001_accounts': accounts };
