import { SessionEnded_Reason } from '#gen/shopverse/user/v1/user_events_pb.ts';
import { judgeRefresh } from '../domain/session.ts';
import { waitBefore } from '../domain/throttle.ts';
import { accountReader, endedFacts, sessionReader, storesOf, tokensFor, type UserDeps } from './deps.ts';

/**
 * Begins a session for who knows the password. A banned account looks like a wrong password; `waitMs` is how long the
 * next try has to wait after too many wrong ones.
 */
export async function logIn(
  deps: UserDeps,
  { email, password, deviceName }: { email: string; password: string; deviceName: string },
) {
  const waitMs = waitBefore(await deps.failures.find(email), deps.clock.now());
  if (waitMs > 0) {
    return { refused: 'wait', waitMs } as const;
  }
  const known = await accountReader(deps).find({ email });
  const matches = await deps.passwords.matches(known?.passwordHash, password);
  if (known === undefined || !matches || known.state === 'BANNED') {
    await deps.failures.add(email);
    return { refused: 'wrong' } as const;
  }
  await deps.failures.clear(email);
  const rehashed = deps.passwords.isOutdated(known.passwordHash)
    ? await deps.passwords.hash(password)
    : undefined;
  const started = await deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const account = await accounts.lock(known.userId);
    // The password or the state may have changed since it was read without a lock.
    if (account?.passwordHash !== known.passwordHash || account.state === 'BANNED') {
      return undefined;
    }
    const session = await sessions.start(account.userId, deviceName);
    const value = { userId: account.userId, sessionId: session.sessionId };
    const change = rehashed === undefined ? {} : { password_hash: rehashed };
    return {
      account: await accounts.record(account.userId, change, { case: 'sessionStarted', value }),
      session,
    };
  });
  if (started === undefined) {
    return { refused: 'wrong' } as const;
  }
  return { account: started.account, tokens: await tokensFor(deps, started.account, started.session) };
}

/**
 * Trades a refresh token for new ones, or gives undefined. A spent token that comes after its grace ends the session,
 * as either its owner or a thief has been left behind, and nobody can tell which.
 */
export async function refresh(deps: UserDeps, token: string) {
  const claimed = deps.refreshTokens.parse(token);
  const unlocked = claimed && (await sessionReader(deps).find(claimed.sessionId));
  if (claimed === undefined || unlocked === undefined || !deps.refreshTokens.proves(token, unlocked.seed)) {
    return undefined;
  }
  const renewed = await deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    const account = await accounts.lock(unlocked.userId);
    const session = await sessions.find(claimed.sessionId, true);
    if (account === undefined || session === undefined) {
      return undefined;
    }
    const state = { ...session, ended: session.endTime !== undefined };
    const verdict = judgeRefresh(state, claimed.generation, deps.clock.now());
    switch (verdict) {
      case 'rotate':
        return { account, session: await sessions.rotate(session) };
      case 'repeat':
        return { account, session };
      case 'reused': {
        const { userId } = account;
        const ended = await sessions.end(userId, { only: session.sessionId });
        const value = { userId, sessionId: session.sessionId };
        await accounts.record(
          userId,
          {},
          { case: 'refreshTokenReused', value },
          ...endedFacts(userId, ended, SessionEnded_Reason.TOKEN_REUSED),
        );
        return undefined;
      }
      case 'invalid':
        return undefined;
      default:
        return verdict satisfies never;
    }
  });
  return renewed && tokensFor(deps, renewed.account, renewed.session);
}

/** Ends one of the user's sessions. False when it isn't a live one of theirs. */
export function endSession(
  deps: UserDeps,
  userId: string,
  sessionId: string,
  reason: SessionEnded_Reason,
): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    const { accounts, sessions } = storesOf(tx, deps);
    await accounts.lock(userId);
    const ended = await sessions.end(userId, { only: sessionId });
    if (ended.length > 0) {
      await accounts.record(userId, {}, ...endedFacts(userId, ended, reason));
    }
    return ended.length > 0;
  });
}
