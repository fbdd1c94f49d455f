import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/user/v1/user_pb.ts';
import { notFound, refusal } from '#platform/errors/refusal.ts';
import type { Call } from '#platform/rpc/bind.ts';
import type { Account } from './ports.ts';

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

/** The refusal for one of the domain's reasons. */
export function refuse(reason: keyof typeof MESSAGES, retryAfterMs?: number): Error {
  const details = retryAfterMs === undefined ? undefined : { retryAfterMs };
  return refusal(ErrorReasonSchema, ErrorReason[reason], MESSAGES[reason], details);
}

/** The account, or the refusal that there is none. */
export function found(account: Account | undefined): Account {
  if (account === undefined) {
    throw refuse('USER_NOT_FOUND');
  }
  return account;
}

/** The account after a change, or the refusal why there was none. */
export function changed(outcome: Account | 'unknown' | 'last-administrator'): Account {
  if (typeof outcome === 'string') {
    throw refuse(outcome === 'unknown' ? 'USER_NOT_FOUND' : 'LAST_ADMINISTRATOR');
  }
  return outcome;
}

/** The session that the caller's token is of. */
export function sessionOf({ caller }: Call): string {
  if (caller.sessionId === undefined) {
    throw notFound('The token is of no session.');
  }
  return caller.sessionId;
}
