import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { edgeUrl } from '../../../local/shop/session.ts';
import { openStack } from '../../../local/stack.ts';

/** The stack under test: the one that $SHOPVERSE_STATE names. */
export const stack = openStack();

/** As whom a client calls: with a token, as a guest, or as nobody. */
export type As = { readonly token?: string; readonly guestId?: string };

/** A way to the edge, as real clients take it. */
export type Transport = {
  readonly name: string;
  /** A client of the service, through Envoy. */
  client<S extends DescService>(service: S, as?: As): Client<S>;
};

/** For streams too, which may be followed through everything that an order can meet. Milliseconds. */
const DEADLINE_MS = 150_000;

/** What a browser does: gRPC-Web over HTTP/1.1. */
export const grpcWeb: Transport = {
  name: 'gRPC-Web',
  client(service, as = {}) {
    const identify: Interceptor = (next) => (request) => {
      if (as.token !== undefined) request.header.set('authorization', `Bearer ${as.token}`);
      if (as.guestId !== undefined) request.header.set('x-shopverse-guest', as.guestId);
      return next(request);
    };
    const transport = createGrpcWebTransport({
      baseUrl: edgeUrl(stack),
      interceptors: [identify],
    });
    return createClient(service, transport) as unknown as Client<typeof service>;
  },
};

/** What an app or a partner does: gRPC over HTTP/2. */
export const grpc: Transport = {
  name: 'gRPC',
  client: (service, as = {}) => outsideClient(service, stack.ports.edge, { ...as, timeoutMs: DEADLINE_MS }),
};

/** Every journey is made by both. */
export const TRANSPORTS = [grpcWeb, grpc] as const;

/** What a refused call says: such as `FAILED_PRECONDITION ORDER_NOT_CANCELLABLE`. */
export async function refusalOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    return describe(error);
  }
  throw new Error('The call was to be refused, and was not.');
}

/** The code and the reason of an error, whichever client it comes from. */
export function describe(error: unknown): string {
  if (error instanceof RpcError) {
    return `${upperSnake(Code[error.code] ?? '')} ${error.reason}`.trim();
  }
  const { code, message } = ConnectError.from(error);
  const reason = ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
  return `${upperSnake(Code[code] ?? '')} ${reason ?? message}`.trim();
}

/** gRPC's own names of codes. */
function upperSnake(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
