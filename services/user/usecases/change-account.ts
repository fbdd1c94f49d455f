import { type Role, RoleSchema } from '#gen/shopverse/options/v1/options_pb.ts';
import { SessionEnded_Reason } from '#gen/shopverse/user/v1/user_events_pb.ts';
import { isWeak } from '../domain/password-policy.ts';
import type { Account } from '../ports.ts';
import { accountReader, endedFacts, storesOf, type UserDeps } from './deps.ts';

const { ACCOUNT_CHANGED } = SessionEnded_Reason;
const RESET_BATCH = 20;

/** A role's name in tokens and tables, such as `support`. */
export function roleName(role: Role): string {
  return (RoleSchema.value[role]?.name ?? '').replace('ROLE_', '').toLowerCase();
}

/** Sets another password for who knows the present one, and ends all sessions but the given one. */
export async function changePassword(
  deps: UserDeps,
  { userId, sessionId, current, next }: { userId: string; sessionId: string; current: string; next: string },
): Promise<'done' | 'wrong' | 'weak'> {
  const known = await accountReader(deps).find({ userId });
  if (!(await deps.passwords.matches(known?.passwordHash, current)) || known === undefined) {
    return 'wrong';
  }
  return setPassword(deps, known, next, sessionId);
}

/**
 * Writes down that somebody wants to set another password. Whether the address has an account is looked up later, so
 * that the time of the answer doesn't tell.
 */
export async function requestPasswordReset(deps: UserDeps, email: string): Promise<void> {
  await deps.database.db
    .insertInto('reset_request')
    .values({ request_id: deps.ids.uuid(), email, create_time: deps.clock.now() })
    .execute();
}

/** Writes the mails with links for requests that were written down, where the address has an account. */
export function answerResetRequests(deps: UserDeps): Promise<void> {
  return deps.database.transaction(async (tx) => {
    const { accounts } = storesOf(tx, deps);
    for (const email of await accounts.takeResetRequests(RESET_BATCH)) {
      const account = await accounts.find({ email });
      if (account !== undefined && account.state !== 'BANNED') {
        const token = await accounts.makeLink(account.userId, 'RESET');
        const text = `Open ${deps.storeUrl}/reset?token=${token} within an hour to set another password.`;
        await accounts.send(email, 'Set another password', text);
      }
    }
  });
}

/** Sets another password for whoever the link was sent to, and ends all their sessions. */
export async function resetPassword(
  deps: UserDeps,
  token: string,
  next: string,
): Promise<'done' | 'wrong' | 'weak'> {
  // Looked at before it is used up: a weak password doesn't cost the link, and a wrong link no hashing.
  const holder = await accountReader(deps).findByLink(token, 'RESET');
  if (holder === undefined || holder.state === 'BANNED') {
    return 'wrong';
  }
  if (isWeak(next, holder)) {
    return 'weak';
  }
  const passwordHash = await deps.passwords.hash(next);
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const account = await accounts.lock(holder.userId);
    if ((await accounts.takeLink(token, 'RESET')) === undefined || account?.state === 'BANNED') {
      return 'wrong';
    }
    const { userId } = holder;
    const ended = await sessions.end(userId, {});
    await accounts.record(
      userId,
      { password_hash: passwordHash },
      { case: 'passwordChanged', value: { userId } },
      ...endedFacts(userId, ended, ACCOUNT_CHANGED),
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
