import type { DescMethod } from '@bufbuild/protobuf';
import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { toRefusal } from '#platform/errors/funnel.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Ids } from '#platform/ports.ts';
import type { RpcBinding } from './bind.ts';
import { compose, type Interceptor } from './exchange.ts';
import { decoded, handled } from './handle.ts';
import { createHealth, type HealthState } from './health.ts';
import { addReflection } from './reflection.ts';
import { type Calls, createCalls } from './serve-call.ts';

/** How long connections last, in milliseconds. */
export type ConnectionAge = {
  /** After this long a client is told to connect anew, with the certificates of that day. */
  readonly most: number;
  /** So long may calls that are under way go on. */
  readonly grace: number;
};

/**
 * The default: together less than the half day for which a certificate is still good when the next one is made, so that no
 * connection outlives the certificates it was made with. Streams end after half an hour by themselves.
 */
export const CONNECTION_AGE: ConnectionAge = { most: 2 * 3600_000, grace: 35 * 60_000 };

/** A gRPC server that can be started once and stopped once. */
export type RpcServer = {
  readonly health: HealthState;
  /** Ends what is under way for users whose session is over. */
  endSessions(isOver: (sessionId: string) => boolean): void;
  /** Binds and resolves to the port, which is a free one for port 0. */
  listen(host: string, port: number): Promise<number>;
  /**
   * Takes no more calls, lets unary ones finish for up to `graceMs`, and ends streams at once. Resolves when no call
   * is left; what then still runs is ended with UNAVAILABLE.
   */
  stop(graceMs: number): Promise<void>;
};

const maxMessageBytes = 4 * 1024 * 1024;

const options = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.max_concurrent_streams': 1000,
  // A client that was frozen or cut off is noticed in 15 s, and its calls are aborted.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.enable_channelz': 0,
};

/**
 * A server of bound services, each method behind `interceptors`, the first outermost. Health and, on a loopback
 * address, reflection are served beside them, to anybody who reaches the port; `credentials` say how that is.
 */
export function createRpcServer(kernel: {
  readonly bindings: readonly RpcBinding[];
  readonly interceptors: readonly Interceptor[];
  readonly credentials: ServerCredentials;
  readonly log: Logger;
  readonly ids: Ids;
  readonly connectionAge?: ConnectionAge;
}): RpcServer {
  const { most, grace } = kernel.connectionAge ?? CONNECTION_AGE;
  const server = new Server({
    ...options,
    'grpc.max_connection_age_ms': most,
    'grpc.max_connection_age_grace_ms': grace,
  });
  const calls = createCalls(kernel);
  const services = kernel.bindings.map(({ service }) => service);
  const health = createHealth(services.map(({ typeName }) => typeName));
  for (const binding of kernel.bindings) {
    register(server, calls, binding, [...kernel.interceptors, decoded]);
  }
  register(server, calls, health.binding, [refusing, decoded]);

  return {
    health,
    endSessions: calls.endSessions,
    listen: (host, port) => {
      if (host === '127.0.0.1' || host === '::1') {
        addReflection(server, [...services, health.binding.service]);
      }
      return new Promise((resolve, reject) => {
        server.bindAsync(`${host}:${port}`, kernel.credentials, (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        );
      });
    },
    stop: (graceMs) =>
      new Promise((resolve) => {
        const late = setTimeout(() => {
          calls.endAll();
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(late);
          resolve();
        });
        calls.endStreams();
      }),
  };
}

function register(
  server: Server,
  calls: Calls,
  { service, handlers }: RpcBinding,
  interceptors: readonly Interceptor[],
): void {
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (handler === undefined) {
      throw new Error(`${service.typeName}.${method.name} has no handler`);
    }
    const step = compose(method, interceptors, handled(method, handler));
    const path = `/${service.typeName}/${method.name}`;
    const known = isStreaming(method)
      ? server.register(path, calls.streaming(method, step), asIs, asIs, 'serverStream')
      : server.register(path, calls.unary(method, step), asIs, asIs, 'unary');
    if (!known) {
      throw new Error(`${path} is bound twice`);
    }
  }
}

/** The funnel alone, for what is neither counted nor traced. */
const refusing: Interceptor = (_method, next) => async (exchange) => {
  try {
    await next(exchange);
  } catch (error) {
    throw toRefusal(error, exchange.call);
  }
};

function isStreaming(method: DescMethod): boolean {
  return method.methodKind === 'server_streaming';
}

/** Messages stay bytes in grpc-js, so that undecodable ones and their sizes are ours to answer and to count. */
function asIs(bytes: Buffer): Buffer {
  return bytes;
}
