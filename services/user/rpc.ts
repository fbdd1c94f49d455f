import type { Kysely } from 'kysely';
import {
  ErrorReason as CommonErrorReason,
  ErrorReasonSchema as CommonErrorReasonSchema,
} from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { SessionEnded_Reason } from '#gen/shopverse/user/v1/user_events_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/user/v1/user_pb.ts';
import { RegisterResponseSchema, UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { notFound, refusal } from '#platform/errors/refusal.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { findAccount, toAccount } from './adapters/accounts.ts';
import type { SigningKeys } from './adapters/signing-keys.ts';
import type { UserTables } from './adapters/tables.ts';
import { toSession, toTokens, toUser } from './messages.ts';
import type { Account } from './ports.ts';
import {
  ban,
  changePassword,
  requestPasswordReset,
  resetPassword,
  setRoles,
} from './usecases/change-account.ts';
import { sessionReader, type UserDeps } from './usecases/deps.ts';
import { endSession, logIn, refresh } from './usecases/log-in.ts';
import { register, verifyEmail } from './usecases/register.ts';

const DEFAULT_PAGE = 50;

/** The user service's methods. */
export function createRpc(deps: UserDeps & { readonly signingKeys: SigningKeys }): RpcBinding {
  const db = deps.database.db as unknown as Kysely<UserTables>;
  return bind(UserService, {
    register: async (request, call) => {
      // The password stays out of the request's stored hash, which is too fast a one for passwords.
      const key = { ...request, password: '' };
      const registration = { ...request, email: request.email.toLowerCase() };
      const outcome = await register(
        deps,
        (work) =>
          idempotent(deps.database, call, key, RegisterResponseSchema, async (tx) => {
            await work(tx);
            return {};
          }),
        registration,
      );
      if (outcome === 'weak') {
        throw refuse('PASSWORD_WEAK');
      }
      return {};
    },

    verifyEmail: async ({ token }) => {
      if (!(await verifyEmail(deps, token))) {
        throw refuse('LINK_INVALID');
      }
      return {};
    },

    logIn: async ({ email, password, deviceName }) => {
      const result = await logIn(deps, { email: email.toLowerCase(), password, deviceName });
      if ('refused' in result) {
        throw result.refused === 'wait'
          ? refuse('TOO_MANY_ATTEMPTS', result.waitMs)
          : refuse('CREDENTIALS_INVALID');
      }
      return { tokens: toTokens(result.tokens), user: toUser(result.account) };
    },

    refreshTokens: async ({ refreshToken }) => {
      const tokens = await refresh(deps, refreshToken);
      if (tokens === undefined) {
        throw refuse('REFRESH_TOKEN_INVALID');
      }
      return { tokens: toTokens(tokens) };
    },

    logOut: async (_request, call) => {
      await endSession(deps, requireUser(call), sessionOf(call), SessionEnded_Reason.LOG_OUT);
      return {};
    },

    listSessions: async ({ pageSize, pageToken }, call) => {
      const size = pageSize === 0 ? DEFAULT_PAGE : pageSize;
      const found = await sessionReader(deps).list(requireUser(call), size + 1, cursor(pageToken));
      const page = found.slice(0, size);
      return {
        sessions: page.map((session) => toSession(session, call.caller.sessionId)),
        nextPageToken: found.length > size ? (page.at(-1)?.sessionId ?? '') : '',
      };
    },

    revokeSession: async ({ sessionId }, call) => {
      if (!(await endSession(deps, requireUser(call), sessionId, SessionEnded_Reason.REVOKED))) {
        throw refuse('SESSION_NOT_FOUND');
      }
      return {};
    },

    getMe: async (_request, call) => ({
      user: toUser(found(await findAccount(db, { userId: requireUser(call) }))),
    }),

    changePassword: async ({ currentPassword, newPassword }, call) => {
      const userId = requireUser(call);
      const outcome = await changePassword(deps, {
        userId,
        sessionId: sessionOf(call),
        current: currentPassword,
        next: newPassword,
      });
      if (outcome !== 'done') {
        throw refuse(outcome === 'weak' ? 'PASSWORD_WEAK' : 'CREDENTIALS_INVALID');
      }
      return {};
    },

    requestPasswordReset: async ({ email }) => {
      await requestPasswordReset(deps, email.toLowerCase());
      return {};
    },

    resetPassword: async ({ token, newPassword }) => {
      const outcome = await resetPassword(deps, token, newPassword);
      if (outcome !== 'done') {
        throw refuse(outcome === 'weak' ? 'PASSWORD_WEAK' : 'LINK_INVALID');
      }
      return {};
    },

    getUser: async ({ userId }) => ({ user: toUser(found(await findAccount(db, { userId }))) }),

    listUsers: async ({ pageSize, pageToken, email }) => {
      const size = pageSize === 0 ? DEFAULT_PAGE : pageSize;
      const after = cursor(pageToken);
      // Ids are UUIDv7: their order is that of making.
      let query = db
        .selectFrom('account')
        .selectAll()
        .orderBy('user_id', 'desc')
        .limit(size + 1);
      query = after === undefined ? query : query.where('user_id', '<', after);
      query = email === '' ? query : query.where('email', '=', email.toLowerCase());
      const accounts = (await query.execute()).map(toAccount);
      const page = accounts.slice(0, size);
      return {
        users: page.map(toUser),
        nextPageToken: accounts.length > size ? (page.at(-1)?.userId ?? '') : '',
      };
    },

    setUserRoles: async ({ userId, roles }, call) => {
      const changedBy = requireUser(call);
      return { user: toUser(changed(await setRoles(deps, { userId, roles, changedBy }))) };
    },

    banUser: async ({ userId, reason }, call) => {
      const bannedBy = requireUser(call);
      const account = changed(await ban(deps, { userId, bannedBy }));
      call.log.info({ audit: 'administrative', user_id: userId, reason }, 'account banned');
      return { user: toUser(account) };
    },

    rotateSigningKey: async () => ({ keyId: await deps.signingKeys.rotate() }),
  });
}

const MESSAGES = {
  CREDENTIALS_INVALID: 'The e-mail address or the password is wrong.',
  REFRESH_TOKEN_INVALID: 'The session is over; log in again.',
  TOO_MANY_ATTEMPTS: 'Too many failed log-ins; wait a little.',
  LINK_INVALID: 'The link has been used, has expired or is incomplete; ask for another.',
  USER_NOT_FOUND: 'There is no such user.',
  SESSION_NOT_FOUND: 'There is no such session.',
  PASSWORD_WEAK: 'The password is too easy to guess.',
  LAST_ADMINISTRATOR: 'The last administrator has to stay one.',
} as const;

function refuse(reason: keyof typeof MESSAGES, retryAfterMs?: number): Error {
  const details = retryAfterMs === undefined ? undefined : { retryAfterMs };
  return refusal(ErrorReasonSchema, ErrorReason[reason], MESSAGES[reason], details);
}

function found(account: Account | undefined): Account {
  if (account === undefined) {
    throw refuse('USER_NOT_FOUND');
  }
  return account;
}

function changed(outcome: Account | 'unknown' | 'last-administrator'): Account {
  if (typeof outcome === 'string') {
    throw refuse(outcome === 'unknown' ? 'USER_NOT_FOUND' : 'LAST_ADMINISTRATOR');
  }
  return outcome;
}

function sessionOf({ caller }: Call): string {
  if (caller.sessionId === undefined) {
    throw notFound('The token is of no session.');
  }
  return caller.sessionId;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where the page before ended. Lists are by id, newest first, and their tokens are the last id shown. */
function cursor(pageToken: string): string | undefined {
  if (pageToken !== '' && !UUID.test(pageToken)) {
    throw refusal(
      CommonErrorReasonSchema,
      CommonErrorReason.PAGE_TOKEN_INVALID,
      'The page token is not one of this list.',
    );
  }
  return pageToken === '' ? undefined : pageToken;
}
