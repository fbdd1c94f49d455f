import { type DescMethod, type DescService, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  Client as Channel,
  type ChannelCredentials,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Client } from '#platform/client/client.ts';
import { fromStatus } from '#platform/errors/status.ts';
import { encode } from '#platform/rpc/codec.ts';

/** As whom and how an outside client calls. */
export type Outside = {
  readonly token?: string;
  readonly guestId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Per call, in milliseconds; 5,000 by default. */
  readonly timeoutMs?: number;
  /** How to connect; without TLS by default, as to the edge. */
  readonly credentials?: ChannelCredentials;
  /** Called with each answer's initial metadata. */
  readonly onMetadata?: (metadata: Metadata) => void;
};

/** A client without a workload identity, as customers' are. Throws RpcError as the kernel's own clients do. */
export function outsideClient<S extends DescService>(
  service: S,
  port: number,
  outside: Outside = {},
): Client<S> & { close(): void } {
  const channel = new Channel(`127.0.0.1:${port}`, outside.credentials ?? credentials.createInsecure(), {
    // An address is no name to ask a server for.
    'grpc.ssl_target_name_override': 'service-under-test',
  });
  const functions = service.methods.map((method) => [
    method.localName,
    method.methodKind === 'server_streaming'
      ? stream(channel, method, outside)
      : unary(channel, method, outside),
  ]);
  return { ...Object.fromEntries(functions), close: () => channel.close() };
}

type Options = { readonly signal?: AbortSignal; readonly timeoutMs?: number };

function unary(channel: Channel, method: DescMethod, outside: Outside) {
  return (request: MessageInitShape<DescMethod['input']>, options: Options = {}) =>
    new Promise((resolve, reject) => {
      const wire = channel.makeUnaryRequest(
        pathOf(method),
        asIs,
        asIs,
        encode(method.input, request),
        metadataOf(outside),
        { deadline: Date.now() + (options.timeoutMs ?? outside.timeoutMs ?? 5000) },
        (error, answer) =>
          error === null
            ? resolve(fromBinary(method.output, answer ?? Buffer.alloc(0)))
            : reject(fromStatus(error, 'the service under test')),
      );
      wire.on('metadata', (metadata: Metadata) => outside.onMetadata?.(metadata));
      options.signal?.addEventListener('abort', () => wire.cancel());
    });
}

function stream(channel: Channel, method: DescMethod, outside: Outside) {
  return async function* (request: MessageInitShape<DescMethod['input']>, options: Options = {}) {
    const wire = channel.makeServerStreamRequest(
      pathOf(method),
      asIs,
      asIs,
      encode(method.input, request),
      metadataOf(outside),
      { deadline: Date.now() + (options.timeoutMs ?? outside.timeoutMs ?? 5000) },
    );
    wire.on('metadata', (metadata: Metadata) => outside.onMetadata?.(metadata));
    options.signal?.addEventListener('abort', () => wire.cancel());
    try {
      for await (const answer of wire as AsyncIterable<Buffer>) {
        yield fromBinary(method.output, answer);
      }
    } catch (error) {
      throw fromStatus(error as ServiceError, 'the service under test');
    } finally {
      wire.cancel();
    }
  };
}

function metadataOf(outside: Outside): Metadata {
  const metadata = new Metadata();
  if (outside.token !== undefined) {
    metadata.set('authorization', `Bearer ${outside.token}`);
  }
  if (outside.guestId !== undefined) {
    metadata.set('x-shopverse-guest', outside.guestId);
  }
  for (const [name, value] of Object.entries(outside.metadata ?? {})) {
    metadata.set(name, value);
  }
  return metadata;
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
