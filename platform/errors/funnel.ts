import { status } from '@grpc/grpc-js';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import type { Logger } from '#platform/log/logger.ts';
import { isOutage } from './outage.ts';
import { deadlineExceeded, refusal, unavailable } from './refusal.ts';
import { RpcError } from './rpc-error.ts';

/**
 * The one way from whatever was thrown to what a caller is told. A refusal stays as it is; a part that is away is
 * UNAVAILABLE with the time to come again; everything else is INTERNAL, says the correlation id and nothing of the
 * cause, and is logged here with it.
 */
export function toRefusal(
  error: unknown,
  call: { readonly log: Logger; readonly correlationId: string; readonly signal: AbortSignal },
): RpcError {
  if (error instanceof RpcError && error.peer === undefined) {
    return error;
  }
  if (call.signal.aborted && call.signal.reason instanceof RpcError) {
    // What fails after the end fails because of it: the abort reached a query or a peer.
    return call.signal.reason;
  }
  if (error instanceof RpcError) {
    return fromPeer(error, call);
  }
  if (isUnstorableText(error)) {
    return refusal(ErrorReasonSchema, ErrorReason.INVALID_REQUEST, 'Text must not hold the character NUL.');
  }
  if (isOutage(error)) {
    call.log.warn({ err: error }, 'a part that the call needs is away');
    return unavailable();
  }
  call.log.error({ err: error }, 'the call failed unexpectedly');
  return unexpected(call.correlationId, error);
}

/** What a peer's refusal of ours means to our own caller, who knows nothing of that peer. */
function fromPeer(error: RpcError, call: { log: Logger; correlationId: string }): RpcError {
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      call.log.warn({ err: error, peer: error.peer }, 'a peer that the call needs is away');
      return unavailable(error.details.retryAfterMs);
    case status.DEADLINE_EXCEEDED:
      return deadlineExceeded();
    case status.RESOURCE_EXHAUSTED:
      return refusal(ErrorReasonSchema, ErrorReason.OVERLOADED, 'Too much is asked for at the moment.', {
        retryAfterMs: error.details.retryAfterMs ?? 1000,
      });
    default:
      call.log.error({ err: error, peer: error.peer, peer_reason: error.reason }, 'a peer refused the call');
      return unexpected(call.correlationId, error);
  }
}

/** Postgres refuses NUL in text and in JSON; protobuf's strings may hold it, so that only a caller can have sent it. */
function isUnstorableText(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '22021' || code === '22P05';
}

function unexpected(correlationId: string, cause: unknown): RpcError {
  const { code, reason, domain } = refusal(ErrorReasonSchema, ErrorReason.INTERNAL, '');
  return new RpcError({
    code,
    reason,
    domain,
    message: `Something went wrong on our side. Correlation id: ${correlationId}.`,
    details: { metadata: { correlation_id: correlationId } },
    cause,
  });
}
