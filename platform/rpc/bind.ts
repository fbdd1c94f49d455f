import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Caller } from '#platform/auth/caller.ts';
import { unauthenticated } from '#platform/errors/refusal.ts';
import type { Logger } from '#platform/log/logger.ts';

export type { Caller };

/** What a handler knows of the call beside the request. */
export type Call = {
  readonly caller: Caller;
  readonly method: DescMethod;
  /** Aborted when the caller cancels, the deadline passes or the process stops. */
  readonly signal: AbortSignal;
  readonly deadline: Date;
  readonly correlationId: string;
  readonly log: Logger;
  /** What came beside the request under this lower-case name, each value that was sent; unsigned, so nobody's word. */
  readonly metadata: (name: string) => readonly string[];
  /** Sends this beside the answer or the refusal; of a stream, before the first answer. */
  readonly answerMetadata: (name: string, value: string) => void;
};

/** One function a method: unary ones resolve to the answer's fields, server-streaming ones yield them. */
export type Handlers<S extends DescService> = {
  [M in keyof S['method']]: S['method'][M] extends { methodKind: 'server_streaming' }
    ? (
        request: MessageShape<S['method'][M]['input']>,
        call: Call,
      ) => AsyncIterable<MessageInitShape<S['method'][M]['output']>>
    : (
        request: MessageShape<S['method'][M]['input']>,
        call: Call,
      ) => Promise<MessageInitShape<S['method'][M]['output']>>;
};

/** A service's handlers with the types of their messages erased, as the server runs them. */
export type RpcBinding = {
  readonly service: DescService;
  /** By method's local name. Each returns a promise (unary) or an async iterable (server streaming). */
  readonly handlers: Readonly<Record<string, AnyHandler>>;
};

// biome-ignore lint/suspicious/noExplicitAny: the pairing of handler and method is checked where `bind` is called.
export type AnyHandler = (request: any, call: Call) => Promise<any> | AsyncIterable<any>;

/**
 * Pairs a service's descriptor with its handlers. Throws at once when the service has a client-streaming method:
 * the contracts have none, and the kernel serves none.
 */
export function bind<S extends DescService>(service: S, handlers: Handlers<S>): RpcBinding {
  for (const method of service.methods) {
    if (method.methodKind !== 'unary' && method.methodKind !== 'server_streaming') {
      throw new Error(`${service.typeName}.${method.name} streams from the client, which isn't served`);
    }
  }
  return { service, handlers: handlers as unknown as Readonly<Record<string, AnyHandler>> };
}

/** The signed-in user's id, or a refusal UNAUTHENTICATED for a guest. */
export function requireUser(call: Call): string {
  if (call.caller.userId === undefined) {
    throw unauthenticated('Sign in to do this.');
  }
  return call.caller.userId;
}
