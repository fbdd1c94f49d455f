import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack, durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '#gen/google/rpc/error_details_pb.ts';
import { type Status, StatusSchema } from '#gen/google/rpc/status_pb.ts';
import { type RefusalDetails, RpcError } from './rpc-error.ts';

const detailsKey = 'grpc-status-details-bin';

/** A refusal as gRPC carries it: code, message, and google.rpc.Status with ErrorInfo, BadRequest and RetryInfo. */
export function toStatus(refused: RpcError): StatusObject {
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, richStatus(refused))));
  return { code: refused.code, details: refused.message, metadata };
}

/** What a refusal says beside code and message, as google.rpc.Status holds it: a peer's details as they came. */
export function packDetails({ reason, domain, details, packed: asTheyCame }: RpcError): Any[] {
  if (asTheyCame !== undefined) {
    return [...asTheyCame];
  }
  const packed = [];
  if (reason !== '') {
    packed.push(
      anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata: details.metadata ?? {} })),
    );
  }
  if (details.fields !== undefined) {
    const fieldViolations = details.fields.map(({ field, description }) => ({ field, description }));
    packed.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (details.retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(details.retryAfterMs);
    packed.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return packed;
}

/** A peer's refusal as it came over the wire, with what it says beside the code. */
export function fromStatus(error: ServiceError, peer: string): RpcError {
  const rich = error.metadata?.get(detailsKey)[0];
  let reason = '';
  let domain = '';
  const details: { -readonly [K in keyof RefusalDetails]: RefusalDetails[K] } = {};
  const packed = rich instanceof Buffer ? readDetails(rich) : [];
  for (const any of packed) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info !== undefined) {
      reason = info.reason;
      domain = info.domain;
      details.metadata = info.metadata;
    }
    const broken = anyUnpack(any, BadRequestSchema);
    if (broken !== undefined) {
      details.fields = broken.fieldViolations.map(({ field, description }) => ({ field, description }));
    }
    const retry = anyUnpack(any, RetryInfoSchema);
    if (retry?.retryDelay !== undefined) {
      details.retryAfterMs = durationMs(retry.retryDelay);
    }
  }
  return new RpcError({
    code: error.code,
    reason,
    domain,
    message: error.details,
    details,
    peer,
    ...(packed.length === 0 ? {} : { packed }),
  });
}

function readDetails(bytes: Buffer) {
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    // A peer of another make may put anything there; its code and message still stand.
    return [];
  }
}

function richStatus(refused: RpcError): Status {
  const { code, message } = refused;
  return create(StatusSchema, { code, message, details: packDetails(refused) });
}
