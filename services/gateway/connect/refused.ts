import { Code, ConnectError } from '@connectrpc/connect';
import { status } from '@grpc/grpc-js';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { toConnectError } from '#platform/errors/connect-error.ts';
import { toRefusal } from '#platform/errors/funnel.ts';
import { deadlineExceeded, refusal, unavailable } from '#platform/errors/refusal.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';

type Call = Parameters<typeof toRefusal>[1];

/** What was thrown while a call was forwarded, as the client is told it: the words of the service that was called. */
export function refusedForwarding(error: unknown, call: Call): ConnectError {
  return toConnectError(error instanceof RpcError ? meant(error, call) : toRefusal(error, call));
}

/** UNIMPLEMENTED: there is no such method for callers from outside. */
export function unknownMethod(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.UNKNOWN_METHOD, 'There is no such thing here.');
}

/** A refusal that a service gave details of stays; of the client library's own, which name hosts, the meaning is left. */
function meant(error: RpcError, call: Call): RpcError {
  if (error.peer === undefined || error.packed !== undefined) {
    return error;
  }
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return deadlineExceeded();
    case status.CANCELLED:
      return timeIsUp(call.signal) ? deadlineExceeded() : unavailable(100);
    case status.UNAVAILABLE:
      return unavailable();
    case status.RESOURCE_EXHAUSTED:
      return refusal(ErrorReasonSchema, ErrorReason.TOO_LARGE, 'The request is too large.');
    case status.UNIMPLEMENTED:
      return unknownMethod();
    default:
      return toRefusal(error, call);
  }
}

function timeIsUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && ConnectError.from(reason).code === Code.DeadlineExceeded;
}
