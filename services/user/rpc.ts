import { z } from 'zod';
import { SessionEnded_Reason } from '#gen/shopverse/user/v1/user_events_pb.ts';
import { RegisterResponseSchema, UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { paging } from '#platform/rpc/paging.ts';
import type { SigningKeys } from './adapters/signing-keys.ts';
import { toSession, toTokens, toUser } from './messages.ts';
import { changed, found, refuse, sessionOf } from './refusals.ts';
import {
  ban,
  changePassword,
  requestPasswordReset,
  resetPassword,
  setRoles,
} from './usecases/change-account.ts';
import { accountReader, sessionReader, type UserDeps } from './usecases/deps.ts';
import { endSession, logIn, refresh } from './usecases/log-in.ts';
import { register, verifyEmail } from './usecases/register.ts';

// Both are by id, newest first.
const sessionPages = paging('sessions', z.uuid());
const userPages = paging('users', z.uuid());

/** The user service's methods. */
export function createRpc(deps: UserDeps & { readonly signingKeys: SigningKeys }): RpcBinding {
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
      const userId = requireUser(call);
      const size = sessionPages.size(pageSize);
      const found = await sessionReader(deps).list(userId, size + 1, sessionPages.after(pageToken, userId));
      const { rows, nextPageToken } = sessionPages.page(found, size, ({ sessionId }) => sessionId, userId);
      return { sessions: rows.map((session) => toSession(session, call.caller.sessionId)), nextPageToken };
    },

    revokeSession: async ({ sessionId }, call) => {
      if (!(await endSession(deps, requireUser(call), sessionId, SessionEnded_Reason.REVOKED))) {
        throw refuse('SESSION_NOT_FOUND');
      }
      return {};
    },

    getMe: async (_request, call) => ({
      user: toUser(found(await accountReader(deps).find({ userId: requireUser(call) }))),
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

    getUser: async ({ userId }) => ({ user: toUser(found(await accountReader(deps).find({ userId }))) }),

    listUsers: async ({ pageSize, pageToken, email }) => {
      const wanted = email.toLowerCase();
      const size = userPages.size(pageSize);
      const accounts = await accountReader(deps).list(size + 1, userPages.after(pageToken, wanted), wanted);
      const { rows, nextPageToken } = userPages.page(accounts, size, ({ userId }) => userId, wanted);
      return { users: rows.map(toUser), nextPageToken };
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
