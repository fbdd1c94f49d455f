import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Role, RoleSchema } from '#gen/shopverse/options/v1/options_pb.ts';
import {
  type Session,
  SessionSchema,
  type Tokens,
  TokensSchema,
  type User,
  User_State,
  UserSchema,
} from '#gen/shopverse/user/v1/user_pb.ts';
import type { Account, StoredSession } from './ports.ts';
import type { tokensFor } from './usecases/deps.ts';

const roles = new Map(
  RoleSchema.values.map(({ name, number }) => [name.replace('ROLE_', '').toLowerCase(), number]),
);

/** An account as the contract has it. */
export function toUser(account: Account): User {
  return create(UserSchema, {
    userId: account.userId,
    email: account.email,
    displayName: account.displayName,
    state: User_State[account.state],
    roles: account.roles.map((name) => (roles.get(name) ?? Role.UNSPECIFIED) as Role),
    createTime: timestampFromDate(account.createTime),
    updateTime: timestampFromDate(account.updateTime),
    etag: String(account.version),
  });
}

/** A session as the contract has it. */
export function toSession(session: StoredSession, currentId: string | undefined): Session {
  return create(SessionSchema, {
    sessionId: session.sessionId,
    deviceName: session.deviceName,
    current: session.sessionId === currentId,
    createTime: timestampFromDate(session.createTime),
    refreshTime: timestampFromDate(session.rotateTime),
    expireTime: timestampFromDate(session.expireTime),
  });
}

/** Tokens as the contract has them. */
export function toTokens(tokens: Awaited<ReturnType<typeof tokensFor>>): Tokens {
  return create(TokensSchema, {
    ...tokens,
    accessExpireTime: timestampFromDate(tokens.accessExpireTime),
    refreshExpireTime: timestampFromDate(tokens.refreshExpireTime),
  });
}
