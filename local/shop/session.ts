import type { DescService } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Tokens } from '#gen/shopverse/user/v1/user_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import type { Stack } from '../stack.ts';

/** How long before its end an access token is renewed. */
const RENEW_MS = 60_000;

/** A person at the edge: clients of every service that carry their token, and renew it before it ends. */
export type Session = { client<S extends DescService>(service: S): Client<S> };

/** Where a stack's edge listens. */
export function edgeUrl(stack: Stack): string {
  return `http://127.0.0.1:${stack.ports.edge}`;
}

/** A client without a token. */
export function anonymous<S extends DescService>(stack: Stack, service: S): Client<S> {
  return createClient(service, createGrpcTransport({ baseUrl: edgeUrl(stack) }));
}

/** Logs somebody in through the edge, over gRPC. */
export async function signIn(stack: Stack, email: string, password: string): Promise<Session> {
  const users = anonymous(stack, UserService);
  const logged = await users.logIn({ email, password, deviceName: 'shopverse' });
  let tokens = given(logged.tokens);
  let renewal: Promise<void> | undefined;

  const fresh = async (): Promise<string> => {
    const left = tokens.accessExpireTime ? timestampMs(tokens.accessExpireTime) - Date.now() : 0;
    if (left < RENEW_MS) {
      // One renewal for all calls that wait for it: a refresh token works once.
      renewal ??= users.refreshTokens({ refreshToken: tokens.refreshToken }).then(
        (renewed) => {
          tokens = given(renewed.tokens);
          renewal = undefined;
        },
        (error: unknown) => {
          renewal = undefined;
          throw error;
        },
      );
      await renewal;
    }
    return tokens.accessToken;
  };
  const authorise: Interceptor = (next) => async (request) => {
    request.header.set('authorization', `Bearer ${await fresh()}`);
    return next(request);
  };
  const transport = createGrpcTransport({ baseUrl: edgeUrl(stack), interceptors: [authorise] });
  return { client: (service) => createClient(service, transport) };
}

function given(tokens: Tokens | undefined): Tokens {
  if (tokens === undefined) throw new Error('The user service logged somebody in without giving tokens.');
  return tokens;
}
