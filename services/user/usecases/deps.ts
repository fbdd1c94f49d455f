import type { Database, Tx } from '#platform/db/database.ts';
import type { Clock, Ids } from '#platform/runtime.ts';
import { createAccountReader, createAccounts, type UserFact } from '../adapters/accounts.ts';
import type { createRefreshTokens } from '../adapters/refresh-tokens.ts';
import { createSessions } from '../adapters/sessions.ts';
import type { UserTables } from '../adapters/tables.ts';
import type { AccessTokenIssuer, Account, FailureLog, Passwords, StoredSession } from '../ports.ts';

/** What the use cases need. */
export type UserDeps = {
  readonly database: Database<UserTables>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokenIssuer;
  readonly refreshTokens: ReturnType<typeof createRefreshTokens>;
  readonly failures: FailureLog;
  /** For how long a session lives after its last renewal. Milliseconds. */
  readonly sessionLifeMs: number;
  /** Where the links of mails lead, without a slash at the end. */
  readonly storeUrl: string;
};

/** The stores over one transaction. */
export function storesOf(tx: Tx<UserTables>, deps: UserDeps) {
  return {
    accounts: createAccounts(tx, deps),
    sessions: createSessions(tx.db, { ...deps, lifeMs: deps.sessionLifeMs }),
  };
}

/** Accounts read outside a transaction. */
export function accountReader(deps: UserDeps) {
  return createAccountReader(deps.database.db, deps.clock);
}

/** Sessions read outside a transaction. */
export function sessionReader(deps: UserDeps) {
  return createSessions(deps.database.db, {
    ...deps,
    lifeMs: deps.sessionLifeMs,
  });
}

/** Tokens of a session at its newest generation. */
export async function tokensFor(
  deps: UserDeps,
  account: Pick<Account, 'userId' | 'roles'>,
  session: StoredSession,
) {
  const access = await deps.accessTokens.issue({
    userId: account.userId,
    sessionId: session.sessionId,
    roles: account.roles,
  });
  return {
    accessToken: access.token,
    accessExpireTime: access.expireTime,
    refreshToken: deps.refreshTokens.make(session, session.generation),
    refreshExpireTime: session.expireTime,
    sessionId: session.sessionId,
  };
}

/** The facts that say which sessions ended, and why. */
export function endedFacts(
  userId: string,
  sessionIds: readonly string[],
  reason: Extract<UserFact, { case: 'sessionEnded' }>['value']['reason'],
): UserFact[] {
  return sessionIds.map((sessionId) => ({
    case: 'sessionEnded',
    value: { userId, sessionId, ...(reason !== undefined && { reason }) },
  }));
}
