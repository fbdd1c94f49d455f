import type { MigrationSet } from '#platform/db/database.ts';
import * as accounts from './0001_accounts.ts';
import * as resetRequests from './0002_reset_requests.ts';
import * as endedSessions from './0003_ended_sessions.ts';

/** The service's migrations, in order. */
export const migrations: MigrationSet = {
  '0001_accounts': accounts,
  '0002_reset_requests': resetRequests,
  '0003_ended_sessions': endedSessions,
};
