import type { MigrationSet } from '#platform/db/database.ts';
import * as payments from './0001_payments.ts';
import * as ledger from './0002_ledger.ts';
import * as webhooks from './0003_webhooks.ts';
import * as returnedRefunds from './0004_returned_refunds.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = {
  '0001_payments': payments,
  '0002_ledger': ledger,
  '0003_webhooks': webhooks,
  '0004_returned_refunds': returnedRefunds,
};
