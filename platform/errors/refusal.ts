import { type DescEnum, getOption } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { code } from '#gen/shopverse/options/v1/options_pb.ts';
import { type FieldViolation, type RefusalDetails, RpcError } from './rpc-error.ts';

/**
 * A refusal for one of a domain's reasons, to be thrown. The gRPC code is the one that the enum value declares
 * (`shopverse.options.v1.code`); a value that declares none, or isn't of the enum, is a bug and throws TypeError.
 */
export function refusal(
  reasons: DescEnum,
  reason: number,
  message: string,
  details?: RefusalDetails,
): RpcError {
  const value = reasons.value[reason];
  const declared = value === undefined ? 0 : getOption(value, code);
  if (value === undefined || status[declared] === undefined || declared === status.OK) {
    throw new TypeError(`${reasons.typeName} ${reason} declares no code to refuse with`);
  }
  return new RpcError({
    code: declared,
    reason: value.name.slice(reasons.sharedPrefix?.length ?? 0),
    // "shopverse.order.v1" speaks for the domain "shopverse.order": a version is not part of who refuses.
    domain: reasons.file.proto.package.replace(/\.v\d+$/, ''),
    message,
    ...(details === undefined ? {} : { details }),
  });
}

/** NOT_FOUND: there is no such object, or it isn't the caller's; the two must look the same. */
export function notFound(message: string): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.NOT_FOUND, message);
}

/** UNAUTHENTICATED: the call needs a signed-in user. */
export function unauthenticated(message: string): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.UNAUTHENTICATED, message);
}

/** UNAUTHENTICATED: the token that was sent is not valid. Why is not said. */
export function tokenInvalid(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.TOKEN_INVALID, 'The token is not valid, or no longer so.');
}

/** UNAUTHENTICATED: the connection shows no certificate of a workload, as one past the edge. */
export function workloadUnknown(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.WORKLOAD_UNKNOWN, 'Calls come through the edge.');
}

/** PERMISSION_DENIED: this caller may not call this method. */
export function permissionDenied(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.PERMISSION_DENIED, 'You may not do this.');
}

/** INVALID_ARGUMENT with the fields that break their rules. */
export function invalidRequest(fields: readonly FieldViolation[]): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.INVALID_REQUEST, 'The request breaks its rules.', { fields });
}

/** RESOURCE_EXHAUSTED: too much was asked for at once. */
export function overloaded(message: string, retryAfterMs: number): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.OVERLOADED, message, { retryAfterMs });
}

/** UNAVAILABLE: a part that the call needs is away. The cause is logged, never sent. */
export function unavailable(retryAfterMs = 1000): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.UNAVAILABLE, 'A part of the shop is away for a moment.', {
    retryAfterMs,
  });
}

/** DEADLINE_EXCEEDED: the caller's deadline passed before there was an answer. */
export function deadlineExceeded(): RpcError {
  return refusal(ErrorReasonSchema, ErrorReason.DEADLINE_EXCEEDED, 'The deadline passed before the answer.');
}
