import { timestampDate } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/gateway/v1/gateway_pb.ts';
import { WebSessionService } from '#gen/shopverse/gateway/v1/web_session_service_pb.ts';
import type { Tokens } from '#gen/shopverse/user/v1/user_pb.ts';
import type { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { refusal } from '#platform/errors/refusal.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { bind, type Call, type RpcBinding } from '#platform/rpc/bind.ts';
import type { Clock } from '#platform/runtime.ts';
import { isOwnPage } from './domain/same-site.ts';
import { DROP_SESSION, keepSession, sessionIn } from './domain/session-cookie.ts';
import { passedOn } from './passed-on.ts';

/** What browsers' sessions are kept with. */
export type WebSessionDeps = {
  readonly users: Client<typeof UserService>;
  readonly clock: Clock;
  /** Pages of other origins that are the shop's own. */
  readonly origins: readonly string[];
};

/**
 * Sign-in for browsers: the user service's sessions, whose refresh token is kept in a cookie. Rotation, the grace for two
 * tabs and the end of a session whose token came twice are that service's.
 */
export function webSessionRpc({ users, clock, origins }: WebSessionDeps): RpcBinding {
  /** Keeps the refresh token in the cookie, and gives the page the rest. */
  function handOut(call: Call, tokens: Tokens | undefined) {
    if (tokens?.refreshExpireTime === undefined) {
      throw new Error('the user service gave no tokens');
    }
    const { accessToken, accessExpireTime, refreshToken, refreshExpireTime, sessionId } = tokens;
    call.answerMetadata(
      'set-cookie',
      keepSession(refreshToken, timestampDate(refreshExpireTime), clock.now()),
    );
    return { token: accessToken, expireTime: accessExpireTime, sessionId };
  }

  /** Tokens for the cookie; undefined, with the cookie taken away, when it is worth nothing any more. */
  async function trade(call: Call, refreshToken: string): Promise<Tokens | undefined> {
    try {
      return (await users.refreshTokens({ refreshToken })).tokens;
    } catch (error) {
      if (error instanceof RpcError && SPENT.includes(error.code)) {
        call.answerMetadata('set-cookie', DROP_SESSION);
        return undefined;
      }
      throw passedOn(error);
    }
  }

  return bind(WebSessionService, {
    async signIn(request, call) {
      ownPageOnly(call, origins);
      const { email, password, deviceName } = request;
      try {
        const { tokens, user } = await users.logIn({ email, password, deviceName });
        return { accessToken: handOut(call, tokens), ...(user === undefined ? {} : { user }) };
      } catch (error) {
        throw passedOn(error);
      }
    },

    async refresh(_request, call) {
      ownPageOnly(call, origins);
      const cookie = sessionIn(call.metadata('cookie'));
      const tokens = cookie === undefined ? undefined : await trade(call, cookie);
      if (tokens === undefined) {
        throw refusal(ErrorReasonSchema, ErrorReason.SESSION_MISSING, 'There is no session: sign in.');
      }
      return { accessToken: handOut(call, tokens) };
    },

    async signOut(_request, call) {
      ownPageOnly(call, origins);
      const cookie = sessionIn(call.metadata('cookie'));
      // The page's access token may be over; the cookie buys one that ends the session.
      const tokens = cookie === undefined ? undefined : await trade(call, cookie);
      if (tokens !== undefined) {
        await users.logOut({}, { metadata: { authorization: [`Bearer ${tokens.accessToken}`] } });
        call.answerMetadata('set-cookie', DROP_SESSION);
      }
      return {};
    },
  });
}

/** The codes with which the user service refuses a refresh token that will never be good again. */
const SPENT: readonly status[] = [status.UNAUTHENTICATED, status.INVALID_ARGUMENT];

function ownPageOnly(call: Call, origins: readonly string[]): void {
  call.answerMetadata('cache-control', 'no-store');
  const one = (name: string) => {
    const values = call.metadata(name);
    return values.length === 1 ? values[0] : undefined;
  };
  const said = { origin: one('origin'), fetchSite: one('sec-fetch-site'), web: one('x-shopverse-web') };
  if (!isOwnPage(said, origins)) {
    call.log.info(
      { audit: 'denied', origin: said.origin, fetch_site: said.fetchSite },
      'a foreign page called',
    );
    throw refusal(ErrorReasonSchema, ErrorReason.CROSS_SITE, 'Only pages of the shop’s own may do this.');
  }
}
