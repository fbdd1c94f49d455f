import type { Tx } from '#platform/db/database.ts';
import type { UserTables } from '../adapters/tables.ts';
import { isWeak } from '../domain/password-policy.ts';
import { storesOf, type UserDeps } from './deps.ts';

/** What a new account is made from. The address is lower case. */
export type Registration = {
  readonly email: string;
  readonly displayName: string;
  readonly password: string;
};

/**
 * Registers an account and writes the mail with its link. An address that has an account already gets a mail that
 * says so; the caller can't tell the two apart, as the password is hashed all the same.
 */
export async function register(
  deps: UserDeps,
  run: (work: (tx: Tx<UserTables>) => Promise<void>) => Promise<unknown>,
  { email, displayName, password }: Registration,
): Promise<'done' | 'weak'> {
  if (isWeak(password, { email, displayName })) {
    return 'weak';
  }
  const passwordHash = await deps.passwords.hash(password);
  await run(async (tx) => {
    const { accounts } = storesOf(tx, deps);
    const account = await accounts.insert({
      email,
      displayName,
      passwordHash,
      roles: [],
      state: 'UNVERIFIED',
    });
    if (account === undefined) {
      await accounts.send(
        email,
        'You have an account already',
        `Somebody, perhaps you, tried to register this address again.\r\nLog in at ${deps.storeUrl}/login.`,
      );
      return;
    }
    const { userId } = account;
    await accounts.record(userId, {}, { case: 'registered', value: { userId } });
    const token = await accounts.makeLink(userId, 'VERIFY');
    await accounts.send(
      email,
      'Verify your address',
      `Open ${deps.storeUrl}/verify?token=${token} within three days.`,
    );
  });
  return 'done';
}

/** Verifies the address that a link was sent to. False when the link doesn't work (any more). */
export function verifyEmail(deps: UserDeps, token: string): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    const { accounts } = storesOf(tx, deps);
    const userId = await accounts.takeLink(token, 'VERIFY');
    const account = userId === undefined ? undefined : await accounts.lock(userId);
    if (account === undefined) {
      return false;
    }
    if (account.state === 'UNVERIFIED') {
      const value = { userId: account.userId };
      await accounts.record(account.userId, { state: 'ACTIVE' }, { case: 'emailVerified', value });
    }
    return true;
  });
}

/** Makes the first administrator, unless there is one. */
export async function ensureAdministrator(
  deps: UserDeps,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  const passwordHash = await deps.passwords.hash(password);
  await deps.database.transaction(async (tx) => {
    const { accounts } = storesOf(tx, deps);
    if ((await accounts.countWithRole('admin')) > 0) {
      return;
    }
    const account = await accounts.insert({
      email: email.toLowerCase(),
      displayName: 'Administrator',
      passwordHash,
      roles: ['admin'],
      state: 'ACTIVE',
    });
    if (account !== undefined) {
      await accounts.record(account.userId, {}, { case: 'registered', value: { userId: account.userId } });
    }
  });
}
