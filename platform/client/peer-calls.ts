import { setTimeout as sleep } from 'node:timers/promises';
import { type DescMethod, fromBinary, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { type Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { type Span, SpanKind } from '@opentelemetry/api';
import { currentContext } from '#platform/context/context.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { fromStatus } from '#platform/errors/status.ts';
import type { CallMetrics } from '#platform/metrics/call-metrics.ts';
import type { Ids } from '#platform/ports.ts';
import { encode } from '#platform/rpc/codec.ts';
import { failSpan, startSpan } from '#platform/telemetry/span.ts';
import type { PeerChannel } from './channel.ts';
import { outgoing } from './outgoing.ts';
import { isRepeatable } from './repeatable.ts';

/** What one call may ask for; the current context's deadline and signal hold besides. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  /**
   * At most this long, in milliseconds, and never beyond the deadline of the current work. Default 5,000 for unary
   * calls; streams have that deadline alone.
   */
  readonly timeoutMs?: number;
  /** Sent beside what every call has, such as a guest's secret. Repeated values stay apart. */
  readonly metadata?: Readonly<Record<string, readonly string[]>>;
  /** Told what came before the answer or, of a unary call, beside its refusal; of a repeated read, of each time. */
  readonly onMetadata?: (metadata: Metadata) => void;
  /** Told what came after the last answer, beside the status. */
  readonly onTrailers?: (metadata: Metadata) => void;
};

/** What calls to one peer are made of. */
export type PeerDependencies = {
  readonly peer: string;
  readonly channel: PeerChannel;
  readonly metrics: CallMetrics;
  readonly ids: Ids;
};

type Request = MessageInitShape<DescMethod['input']>;

/** Functions that call one peer's methods. */
export type PeerCalls = {
  unary(method: DescMethod): (request: Request, options?: CallOptions) => Promise<Message>;
  streaming(method: DescMethod): (request: Request, options?: CallOptions) => AsyncIterable<Message>;
};

const defaultTimeoutMs = 5000;

/** Makes calls to one peer over whatever channel leads there at the time. */
export function createPeerCalls(kernel: PeerDependencies): PeerCalls {
  return {
    unary: (method) => {
      const once = unaryCall(method, kernel);
      if (!isRepeatable(method)) {
        return once;
      }
      return async (request, options) => {
        try {
          return await once(request, options);
        } catch (error) {
          if (
            !(error instanceof RpcError) ||
            error.code !== status.UNAVAILABLE ||
            kernel.channel.underMesh()
          ) {
            throw error;
          }
          await sleep(20 + Math.random() * 60);
          return once(request, options);
        }
      };
    },
    streaming: (method) => streamingCall(method, kernel),
  };
}

function unaryCall(method: DescMethod, kernel: PeerDependencies) {
  const path = `/${method.parent.typeName}/${method.name}`;
  return async (request: Request, options: CallOptions = {}): Promise<Message> => {
    const bytes = encode(method.input, request);
    const call = begin(method, kernel, options, defaultTimeoutMs);
    const lease = call.lease();
    try {
      const answer = await new Promise<Buffer>((resolve, reject) => {
        const wire = lease.client.makeUnaryRequest(
          path,
          asIs,
          asIs,
          bytes,
          call.metadata,
          { deadline: call.deadline },
          (error, value) => (error === null ? resolve(value ?? Buffer.alloc(0)) : reject(error)),
        );
        listen(wire, options);
        call.onAbort(() => wire.cancel());
      });
      call.end(status.OK, bytes.byteLength, answer.byteLength);
      return fromBinary(method.output, answer);
    } catch (error) {
      if (isServiceError(error)) options.onMetadata?.(error.metadata);
      throw call.fail(error, bytes.byteLength);
    } finally {
      lease.release();
    }
  };
}

function streamingCall(method: DescMethod, kernel: PeerDependencies) {
  const path = `/${method.parent.typeName}/${method.name}`;
  return async function* (request: Request, options: CallOptions = {}): AsyncIterable<Message> {
    const bytes = encode(method.input, request);
    const call = begin(method, kernel, options, Number.POSITIVE_INFINITY);
    const lease = call.lease();
    const wire = lease.client.makeServerStreamRequest(path, asIs, asIs, bytes, call.metadata, {
      deadline: call.deadline,
    });
    listen(wire, options);
    call.onAbort(() => wire.cancel());
    let received = 0;
    try {
      for await (const answer of wire as AsyncIterable<Buffer>) {
        received += answer.byteLength;
        yield fromBinary(method.output, answer);
      }
      call.end(status.OK, bytes.byteLength, received);
    } catch (error) {
      throw call.fail(error, bytes.byteLength);
    } finally {
      // A reader that leaves early comes here without an error.
      wire.cancel();
      call.end(status.CANCELLED, bytes.byteLength, received);
      lease.release();
    }
  };
}

function listen(wire: NodeJS.EventEmitter, { onMetadata, onTrailers }: CallOptions): void {
  if (onMetadata !== undefined) wire.on('metadata', onMetadata);
  if (onTrailers !== undefined) wire.on('status', ({ metadata }: StatusObject) => onTrailers(metadata));
}

/** What every call has around it: span, metadata, deadline, abort, and one end that is counted. */
function begin(method: DescMethod, kernel: PeerDependencies, options: CallOptions, timeoutMs: number) {
  const work = currentContext();
  const name = `${method.parent.typeName}/${method.name}`;
  const started = performance.now();
  const { span, context } = startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: { 'rpc.system.name': 'grpc', 'rpc.method': name, 'server.address': kernel.peer },
  });
  const metadata = outgoing(kernel.ids, work, context);
  for (const [name, values] of Object.entries(options.metadata ?? {})) {
    metadata.remove(name);
    for (const value of values) {
      metadata.add(name, value);
    }
  }
  const signals = [work?.signal, options.signal].filter((signal) => signal !== undefined);
  let cancel: (() => void) | undefined;
  let open = true;

  function end(code: status, requestBytes: number, responseBytes: number): void {
    if (!open) {
      return;
    }
    open = false;
    if (cancel !== undefined) {
      for (const signal of signals) {
        signal.removeEventListener('abort', cancel);
      }
    }
    finishSpan(span, code);
    kernel.metrics.record({
      side: 'client',
      method: name,
      code,
      peer: kernel.peer,
      milliseconds: performance.now() - started,
      requestBytes,
      responseBytes,
    });
  }

  return {
    metadata,
    deadline: Math.min(
      work?.deadline?.getTime() ?? Number.POSITIVE_INFINITY,
      Date.now() + (options.timeoutMs ?? timeoutMs),
    ),
    lease: () => {
      try {
        return kernel.channel.acquire();
      } catch (error) {
        end(status.UNAVAILABLE, 0, 0);
        throw error;
      }
    },
    onAbort: (wireCancel: () => void) => {
      cancel = wireCancel;
      for (const signal of signals) {
        if (signal.aborted) {
          wireCancel();
        } else {
          signal.addEventListener('abort', wireCancel, { once: true });
        }
      }
    },
    end,
    fail: (error: unknown, requestBytes: number): unknown => {
      if (!isServiceError(error)) {
        end(status.UNKNOWN, requestBytes, 0);
        return error;
      }
      end(error.code, requestBytes, 0);
      return fromStatus(error, kernel.peer);
    },
  };
}

function finishSpan(span: Span, code: status): void {
  span.setAttribute('rpc.response.status_code', status[code] ?? String(code));
  if (code !== status.OK) {
    failSpan(span, status[code] ?? String(code));
  }
  span.end();
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
