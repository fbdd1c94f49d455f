import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';

/** What one call may ask for; the current context's deadline and signal hold besides. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  /** At most this long, in milliseconds. Default 5,000; never beyond the remaining deadline of the current work. */
  readonly timeoutMs?: number;
};

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
