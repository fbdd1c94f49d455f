import { createRegistry, fromBinary } from '@bufbuild/protobuf';
import { type Code, ConnectError } from '@connectrpc/connect';
import { file_google_rpc_error_details } from '#gen/google/rpc/error_details_pb.ts';
import type { RpcError } from './rpc-error.ts';
import { packDetails } from './status.ts';

const known = createRegistry(file_google_rpc_error_details);

/** A refusal as Connect tells it: code, message and details unchanged. */
export function toConnectError(refused: RpcError): ConnectError {
  // Connect's codes are gRPC's, by number.
  const error = new ConnectError(refused.message, refused.code as number as Code);
  for (const { typeUrl, value } of packDetails(refused)) {
    const type = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    const desc = known.getMessage(type);
    // One that is known is also told in words, for those who read.
    error.details.push(desc === undefined ? { type, value } : { desc, value: fromBinary(desc, value) });
  }
  return error;
}
