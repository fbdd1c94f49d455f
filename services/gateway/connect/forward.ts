import type { DescMethod, DescService, Message, MessageInitShape } from '@bufbuild/protobuf';
import type { CallOptions, Client } from '#platform/client/client.ts';
import { nobody, runInContext } from '#platform/context/context.ts';
import type { Identity } from './caller.ts';

/** A client's call, as it is to be made again to the service that it is for. */
export type Forwarded = {
  readonly correlationId: string;
  readonly identity: Identity;
  /** In milliseconds from now. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
} & Pick<CallOptions, 'onMetadata' | 'onTrailers'>;

type Request = MessageInitShape<DescMethod['input']>;
type Calls = Record<string, (request: Request, options: CallOptions) => unknown>;

/** Calls methods of peers for clients. Refusals are thrown as the platform's clients throw them. */
export type Forwarder = {
  unary(method: DescMethod, peer: string, request: Request, call: Forwarded): Promise<Message>;
  stream(method: DescMethod, peer: string, request: Request, call: Forwarded): AsyncIterable<Message>;
};

/** Forwards over the mesh, with one client for each service of each peer. */
export function createForwarder(mesh: {
  client(service: DescService, peer: string): Client<DescService>;
}): Forwarder {
  const clients = new Map<string, Calls>();

  function functionFor(method: DescMethod, peer: string) {
    const key = `${peer} ${method.parent.typeName}`;
    let client = clients.get(key);
    if (client === undefined) {
      client = mesh.client(method.parent, peer) as unknown as Calls;
      clients.set(key, client);
    }
    return client[method.localName] as Calls[string];
  }

  function contextOf(call: Forwarded) {
    const deadline = new Date(Date.now() + call.timeoutMs);
    return { correlationId: call.correlationId, caller: nobody, deadline, signal: call.signal };
  }

  function optionsOf({ timeoutMs, identity, onMetadata, onTrailers }: Forwarded): CallOptions {
    return {
      timeoutMs,
      metadata: identity,
      ...(onMetadata === undefined ? {} : { onMetadata }),
      ...(onTrailers === undefined ? {} : { onTrailers }),
    };
  }

  return {
    unary: (method, peer, request, call) =>
      runInContext(contextOf(call), () =>
        functionFor(method, peer)(request, optionsOf(call)),
      ) as Promise<Message>,
    stream: async function* (method, peer, request, call) {
      const context = contextOf(call);
      const options = optionsOf(call);
      const answers = functionFor(method, peer)(request, options) as AsyncIterable<Message>;
      const iterator = answers[Symbol.asyncIterator]();
      try {
        for (;;) {
          // The call begins with the first step, and takes the context that it finds then.
          const next = await runInContext(context, () => iterator.next());
          if (next.done) {
            return;
          }
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    },
  };
}
