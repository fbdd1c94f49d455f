import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { Idempotency, idempotency } from '#gen/shopverse/options/v1/options_pb.ts';

/**
 * Whether a call of this method may be made twice by whoever stands between its caller and its handler: its contract says
 * that it has no side effects, or is idempotent, or knows a repeat by its `request_id`. Never so for streams.
 */
export function isRepeatable(method: DescMethod): boolean {
  return (
    method.methodKind === 'unary' &&
    (method.idempotency === Level.NO_SIDE_EFFECTS ||
      method.idempotency === Level.IDEMPOTENT ||
      getOption(method, idempotency) === Idempotency.REQUEST_ID)
  );
}
