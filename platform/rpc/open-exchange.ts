import type { DescMethod } from '@bufbuild/protobuf';
import { Metadata, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { meshHeadersOf } from '#platform/client/mesh-headers.ts';
import { type Context, nobody } from '#platform/context/context.ts';
import { deadlineExceeded } from '#platform/errors/refusal.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Ids } from '#platform/ports.ts';
import { callingWorkload } from './calling-workload.ts';
import type { Exchange } from './exchange.ts';

/** How long a call may take: without a deadline of its own, and at the most. In milliseconds. */
type Allowance = { readonly unset: number; readonly most: number };

const unaryAllowance: Allowance = { unset: 30_000, most: 120_000 };
const streamAllowance: Allowance = { unset: 30 * 60_000, most: 30 * 60_000 };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type WireCall = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** An exchange and its end. */
export type OpenExchange = {
  readonly exchange: Exchange;
  /** Lets go of the timers. To be called when the call is over. */
  close(): void;
};

/**
 * The exchange for a call that has arrived: with its correlation id (the caller's if that is a UUID, else a new
 * one), a deadline in any case, and a signal that follows cancellation and deadline.
 */
export function openExchange(
  method: DescMethod,
  wire: WireCall,
  send: Exchange['send'],
  kernel: { readonly log: Logger; readonly ids: Ids },
): OpenExchange {
  const { at, enforced } = deadlineOf(method, wire);
  const aborter = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  // Whoever races against it sees the reason; when nobody does, it is no failure.
  stopped.catch(() => undefined);
  const stop = (reason: RpcError) => {
    if (!aborter.signal.aborted) {
      reject(reason);
      aborter.abort(reason);
    }
  };
  const deadline = new Date(at);
  const context: Context = {
    correlationId: correlationId(wire.metadata, kernel.ids),
    caller: nobody,
    deadline,
    signal: aborter.signal,
    mesh: meshHeadersOf(wire.metadata),
  };
  const left = at - Date.now();
  // grpc-js ends a call at its caller's deadline by itself, and without details: this is a moment earlier.
  const timer = setTimeout(() => stop(deadlineExceeded()), enforced ? left - Math.min(10, left / 10) : left);
  let open = true;
  wire.on('cancelled', () => {
    // grpc-js says so after the end of every call, too.
    if (open) {
      stop(Date.now() >= at ? deadlineExceeded() : cancelled());
    }
  });
  const answerMetadata = new Metadata();
  answerMetadata.set('x-correlation-id', context.correlationId);
  const exchange: Exchange = {
    method,
    metadata: wire.metadata,
    workload: callingWorkload(wire),
    requestBytes: wire.request,
    context,
    call: {
      get caller() {
        return context.caller;
      },
      method,
      signal: aborter.signal,
      deadline,
      correlationId: context.correlationId,
      log: kernel.log,
      metadata: (name) => wire.metadata.get(name).map(String),
      answerMetadata: (name, value) => answerMetadata.add(name, value),
    },
    answerMetadata,
    answerTrailers: new Metadata(),
    responseBytes: 0,
    send,
    stopped,
    stop,
  };
  return {
    exchange,
    close: () => {
      open = false;
      clearTimeout(timer);
    },
  };
}

/** grpc-js ends a call at the deadline that its caller set; one that is missing or too far off is ours to keep. */
function deadlineOf(method: DescMethod, wire: WireCall): { at: number; enforced: boolean } {
  const allowance = method.methodKind === 'unary' ? unaryAllowance : streamAllowance;
  const now = Date.now();
  const set = Number(wire.getDeadline());
  if (!Number.isFinite(set)) {
    return { at: now + allowance.unset, enforced: false };
  }
  return set <= now + allowance.most
    ? { at: set, enforced: true }
    : { at: now + allowance.most, enforced: false };
}

function correlationId(metadata: Metadata, ids: Ids): string {
  const given = metadata.get('x-correlation-id')[0];
  return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : ids.uuid();
}

function cancelled(): RpcError {
  return new RpcError({
    code: status.CANCELLED,
    reason: '',
    domain: '',
    message: 'The caller cancelled the call.',
  });
}
