import type { Kysely } from 'kysely';
import { type Role, RoleSchema } from '#gen/shopverse/options/v1/options_pb.ts';
import { SessionEnded_Reason } from '#gen/shopverse/user/v1/user_events_pb.ts';
import { findAccount } from '../adapters/accounts.ts';
import type { UserTables } from '../adapters/tables.ts';
import { isWeak } from '../domain/password-policy.ts';
import type { Account } from '../ports.ts';
import { endedFacts, storesOf, type UserDeps } from './deps.ts';

const { ACCOUNT_CHANGED } = SessionEnded_Reason;

/** A role's name in tokens and tables, such as `support`. */
export function roleName(role: Role): string {
  return (RoleSchema.value[role]?.name ?? '').replace('ROLE_', '').toLowerCase();
}

/** Sets another password for who knows the present one, and ends all sessions but the given one. */
export async function changePassword(
  deps: UserDeps,
  { userId, sessionId, current, next }: { userId: string; sessionId: string; current: string; next: string },
): Promise<'done' | 'wrong' | 'weak'> {
  const known = await findAccount(deps.database.db as unknown as Kysely<UserTables>, { userId });
  if (!(await deps.passwords.matches(known?.passwordHash, current)) || known === undefined) {
    return 'wrong';
  }
  return setPassword(deps, known, next, sessionId);
}

/** Writes the mail with a link to set another password, if the address has an account. */
export async function requestPasswordReset(deps: UserDeps, email: string): Promise<void> {
  const account = await findAccount(deps.database.db as unknown as Kysely<UserTables>, { email });
  if (account === undefined || account.state === 'BANNED') {
    return;
  }
  await deps.database.transaction(async (tx) => {
    const { accounts } = storesOf(tx, deps);
    const token = await accounts.makeLink(account.userId, 'RESET');
    const text = `Open ${deps.storeUrl}/reset?token=${token} within an hour to set another password.`;
    await accounts.send(email, 'Set another password', text);
  });
}

/** Sets another password for whoever the link was sent to, and ends all their sessions. */
export async function resetPassword(
  deps: UserDeps,
  token: string,
  next: string,
): Promise<'done' | 'wrong' | 'weak'> {
  const passwordHash = await deps.passwords.hash(next);
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const userId = await accounts.takeLink(token, 'RESET');
    const account = userId === undefined ? undefined : await accounts.lock(userId);
    if (account === undefined || account.state === 'BANNED') {
      return 'wrong';
    }
    if (isWeak(next, account)) {
      return 'weak';
    }
    const ended = await sessions.end(account.userId, {});
    await accounts.record(
      account.userId,
      { password_hash: passwordHash },
      { case: 'passwordChanged', value: { userId: account.userId } },
      ...endedFacts(account.userId, ended, ACCOUNT_CHANGED),
    );
    return 'done';
  });
}

async function setPassword(
  deps: UserDeps,
  known: Account,
  next: string,
  keep: string,
): Promise<'done' | 'wrong' | 'weak'> {
  if (isWeak(next, known)) {
    return 'weak';
  }
  const passwordHash = await deps.passwords.hash(next);
  const { userId } = known;
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const account = await accounts.lock(userId);
    if (account?.passwordHash !== known.passwordHash) {
      return 'wrong';
    }
    const ended = await sessions.end(userId, { keep });
    await accounts.record(
      userId,
      { password_hash: passwordHash },
      { case: 'passwordChanged', value: { userId } },
      ...endedFacts(userId, ended, ACCOUNT_CHANGED),
    );
    return 'done';
  });
}

/** Sets a user's roles, and ends their sessions so that no token outlives the change for long. */
export function setRoles(
  deps: UserDeps,
  { userId, roles, changedBy }: { userId: string; roles: readonly Role[]; changedBy: string },
): Promise<Account | 'unknown' | 'last-administrator'> {
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const administrators = await accounts.countWithRole('admin');
    const account = await accounts.lock(userId);
    if (account === undefined) {
      return 'unknown';
    }
    const names = roles.map(roleName).sort();
    if (account.roles.includes('admin') && !names.includes('admin') && administrators === 1) {
      return 'last-administrator';
    }
    if (names.join() === [...account.roles].sort().join()) {
      return account;
    }
    const ended = await sessions.end(userId, {});
    return accounts.record(
      userId,
      { roles: names },
      { case: 'rolesChanged', value: { userId, roles: [...roles], changedBy } },
      ...endedFacts(userId, ended, ACCOUNT_CHANGED),
    );
  });
}

/** Shuts a user out and ends their sessions. */
export function ban(
  deps: UserDeps,
  { userId, bannedBy }: { userId: string; bannedBy: string },
): Promise<Account | 'unknown' | 'last-administrator'> {
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const administrators = await accounts.countWithRole('admin');
    const account = await accounts.lock(userId);
    if (account === undefined) {
      return 'unknown';
    }
    if (account.state === 'BANNED') {
      return account;
    }
    if (account.roles.includes('admin') && administrators === 1) {
      return 'last-administrator';
    }
    const ended = await sessions.end(userId, {});
    return accounts.record(
      userId,
      { state: 'BANNED' },
      { case: 'banned', value: { userId, bannedBy } },
      ...endedFacts(userId, ended, ACCOUNT_CHANGED),
    );
  });
}
