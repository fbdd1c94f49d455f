import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type CallOptions, createPeerCalls, type PeerCalls, type PeerDependencies } from './peer-calls.ts';

export type { CallOptions };

/** A peer's methods as functions. A refusal is thrown as `RpcError` with the peer's reason. */
export type Client<S extends DescService> = {
  readonly [M in keyof S['method']]: S['method'][M] extends { methodKind: 'server_streaming' }
    ? (
        request: MessageInitShape<S['method'][M]['input']>,
        options?: CallOptions,
      ) => AsyncIterable<MessageShape<S['method'][M]['output']>>
    : (
        request: MessageInitShape<S['method'][M]['input']>,
        options?: CallOptions,
      ) => Promise<MessageShape<S['method'][M]['output']>>;
};

/**
 * A client of `peer`. Each call takes the current work's remaining deadline, abort signal, access token, correlation
 * id and trace with it, and proves this workload. What its contract lets be repeated is
 * made again when the peer is UNAVAILABLE: as the mesh says, or once where there is no mesh.
 */
export function createClient<S extends DescService>(service: S, kernel: PeerDependencies): Client<S> {
  const calls = createPeerCalls(kernel);
  return Object.fromEntries(
    service.methods.map((method) => [method.localName, functionFor(method, calls)]),
  ) as unknown as Client<S>;
}

function functionFor(method: DescMethod, calls: PeerCalls) {
  switch (method.methodKind) {
    case 'unary':
      return calls.unary(method);
    case 'server_streaming':
      return calls.streaming(method);
    default:
      throw new Error(`${method.parent.typeName}.${method.name} streams from the client, which isn't served`);
  }
}
