import type { DescMethod } from '@bufbuild/protobuf';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { runInContext } from '#platform/context/context.ts';
import { overloaded, tokenInvalid, unavailable } from '#platform/errors/refusal.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { toStatus } from '#platform/errors/status.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Ids } from '#platform/ports.ts';
import type { Exchange, Step } from './exchange.ts';
import { openExchange } from './open-exchange.ts';

/** The calls that a server has under way, and how new ones are taken up. */
export type Calls = {
  unary(method: DescMethod, step: Step): handleUnaryCall<Buffer, Buffer>;
  streaming(method: DescMethod, step: Step): handleServerStreamingCall<Buffer, Buffer>;
  /** Ends streams with UNAVAILABLE, so that their readers turn to another instance. Unary calls go on. */
  endStreams(): void;
  /** Ends the calls of users whose session is over, with UNAUTHENTICATED: streams live longer than tokens. */
  endSessions(isOver: (sessionId: string) => boolean): void;
  /** Ends everything. */
  endAll(): void;
};

/** Beyond this many calls at once a process answers RESOURCE_EXHAUSTED: queueing would only make all of them late. */
const maxCallsAtOnce = 2000;

/** Takes calls from grpc-js and runs steps on them, each in its own context. */
export function createCalls(kernel: { readonly log: Logger; readonly ids: Ids }): Calls {
  const underWay = new Set<Exchange>();

  function run(exchange: Exchange, step: Step): Promise<void> {
    if (underWay.size >= maxCallsAtOnce) {
      return Promise.reject(overloaded('Too many calls at once.', 500));
    }
    underWay.add(exchange);
    return runInContext(exchange.context, () => step(exchange));
  }

  function end(which: (exchange: Exchange) => boolean, reason = unavailable(100)): void {
    for (const exchange of underWay) {
      if (which(exchange)) {
        exchange.stop(reason);
      }
    }
  }

  return {
    unary: (method, step) => (wire, callback) => {
      let answer: Buffer | undefined;
      const take = (bytes: Buffer) => {
        exchange.responseBytes = bytes.byteLength;
        answer = bytes;
        return undefined;
      };
      const { exchange, close } = openExchange(method, wire, take, kernel);
      run(exchange, step)
        .then(
          () => {
            wire.sendMetadata(exchange.answerMetadata);
            callback(null, answer, exchange.answerTrailers);
          },
          (error: unknown) => callback(refusalStatus(error, exchange)),
        )
        .finally(() => {
          underWay.delete(exchange);
          close();
        });
    },
    streaming: (method, step) => (wire) => {
      const { exchange, close } = openExchange(method, wire, (bytes) => write(wire, exchange, bytes), kernel);
      run(exchange, step)
        .then(
          () => {
            wire.sendMetadata(exchange.answerMetadata);
            wire.end(exchange.answerTrailers);
          },
          (error: unknown) => wire.emit('error', refusalStatus(error, exchange)),
        )
        .finally(() => {
          underWay.delete(exchange);
          close();
        });
    },
    endStreams: () => end((exchange) => exchange.method.methodKind !== 'unary'),
    endSessions: (isOver) =>
      end(
        ({ context: { caller } }) => caller.sessionId !== undefined && isOver(caller.sessionId),
        tokenInvalid(),
      ),
    endAll: () => end(() => true),
  };
}

/** Writes one answer of a stream; waits while the reader is behind, so that memory stays bounded. */
function write(
  wire: ServerWritableStream<Buffer, Buffer>,
  exchange: Exchange,
  bytes: Buffer,
): Promise<void> | undefined {
  if (exchange.responseBytes === 0) {
    wire.sendMetadata(exchange.answerMetadata);
  }
  exchange.responseBytes += bytes.byteLength;
  if (wire.write(bytes)) {
    return undefined;
  }
  const drained = new Promise<void>((resolve) => wire.once('drain', resolve));
  return Promise.race([drained, exchange.stopped]);
}

/** Of a refused call what goes beside stands in the trailers, which may be all there is. */
function refusalStatus(error: unknown, exchange: Exchange) {
  const refused =
    error instanceof RpcError
      ? error
      : new RpcError({
          code: status.INTERNAL,
          reason: '',
          domain: '',
          message: 'Something went wrong on our side.',
        });
  const answer = toStatus(refused);
  answer.metadata.merge(exchange.answerMetadata);
  answer.metadata.merge(exchange.answerTrailers);
  return answer;
}
